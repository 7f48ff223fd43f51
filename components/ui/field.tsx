import { CircleAlert } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { cn } from './cn.ts'

export interface ControlProps {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
  required: true | undefined
}

/** Label, control, hint and error, tied together for screen readers: `<Field label="Name">{(props) => <Input {...props} />}</Field>`. */
export function Field({
  label,
  hint,
  error,
  required = false,
  aside,
  className,
  children,
}: {
  label: ReactNode
  hint?: ReactNode
  error?: ReactNode
  required?: boolean
  /** At the right end of the label's line: 'optional', a link. */
  aside?: ReactNode
  className?: string
  children(props: ControlProps): ReactNode
}) {
  const id = useId()
  const described = [error ? `${id}-error` : null, hint ? `${id}-hint` : null].filter(Boolean).join(' ')
  return (
    <div className={cn('flex flex-col gap-1', className)}>
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="font-medium text-ink">
          {label}
        </label>
        {aside && <span className="text-ink-faint text-xs">{aside}</span>}
      </div>
      {children({
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': error ? true : undefined,
        required: required || undefined,
      })}
      {error && (
        <p id={`${id}-error`} role="alert" className="flex items-start gap-1.5 text-danger text-xs">
          <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
          <span className="min-w-0 break-words">{error}</span>
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-ink-faint text-xs">
          {hint}
        </p>
      )}
    </div>
  )
}

/** A checkbox or switch with its words to the right; the whole line is clickable. */
export function CheckField({
  label,
  hint,
  children,
  className,
}: {
  label: ReactNode
  hint?: ReactNode
  /** The control, given the id of the hint. */
  children(props: { 'aria-describedby': string | undefined }): ReactNode
  className?: string
}) {
  const id = useId()
  return (
    // oxlint-disable-next-line jsx-a11y/label-has-associated-control -- the control is rendered inside by `children`
    <label className={cn('flex items-start gap-2.5', className)}>
      <span className="flex h-5 items-center">{children({ 'aria-describedby': hint ? id : undefined })}</span>
      <span className="min-w-0">
        <span className="block text-ink">{label}</span>
        {hint && (
          <span id={id} className="block text-ink-faint text-xs">
            {hint}
          </span>
        )}
      </span>
    </label>
  )
}
