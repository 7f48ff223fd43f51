'use client'
import { useTranslations } from 'use-intl'
import { cn } from '#components/ui/cn.ts'
import { Field } from '#components/ui/field.tsx'
import { PasswordInput } from './password-input.tsx'
import { type PasswordStrength, passwordStrength } from './password-strength.ts'

const bars: Record<PasswordStrength, { filled: number; colour: string }> = {
  short: { filled: 1, colour: 'bg-state-unhealthy' },
  weak: { filled: 1, colour: 'bg-state-unhealthy' },
  fair: { filled: 2, colour: 'bg-state-paused' },
  strong: { filled: 3, colour: 'bg-state-running' },
}

/** A password to be made, with a hint of how good it is. */
export function NewPassword({
  label,
  value,
  onChange,
  known,
  error,
}: {
  label: string
  value: string
  onChange(value: string): void
  /** Name and e-mail: a password made of them is weak. */
  known: readonly string[]
  error: string | null
}) {
  const t = useTranslations('account')
  const strength = passwordStrength(value, known)
  const { filled, colour } = bars[strength]
  return (
    <Field
      label={label}
      required
      error={error}
      aside={value !== '' && t(`strength.${strength}`)}
      hint={t(`strengthHint.${strength}`)}
    >
      {(props) => (
        <>
          <PasswordInput
            {...props}
            autoComplete="new-password"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <span aria-hidden className="flex gap-1 py-0.5">
            {[1, 2, 3].map((bar) => (
              <span
                key={bar}
                className={cn('h-1 flex-1 rounded-full', value !== '' && bar <= filled ? colour : 'bg-press')}
              />
            ))}
          </span>
        </>
      )}
    </Field>
  )
}
