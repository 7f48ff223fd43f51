import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cn } from './cn.ts'
import { controlClass } from './input.tsx'

export interface SelectOption<V extends string> {
  value: V
  label: string
  disabled?: boolean
}

/** The platform's own select: it is the best one on a phone and with a screen reader, and it weighs nothing. */
export function Select<V extends string>({
  options,
  value,
  onValueChange,
  className,
  ...rest
}: Omit<ComponentProps<'select'>, 'value' | 'onChange' | 'children'> & {
  options: readonly SelectOption<V>[]
  value: V
  onValueChange(value: V): void
}) {
  return (
    <span className={cn('relative inline-block', className)}>
      <select
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value)
          if (chosen) onValueChange(chosen.value)
        }}
        className={cn(controlClass, 'h-8 appearance-none pr-8 pointer-coarse:h-10')}
        {...rest}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-ink-faint"
      />
    </span>
  )
}
