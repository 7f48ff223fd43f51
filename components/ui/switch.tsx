import type { ComponentProps } from 'react'
import { cn } from './cn.ts'

/** For a setting that takes effect at once. A native checkbox with the switch role. */
export function Switch({
  checked,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type' | 'role' | 'checked'> & { checked: boolean }) {
  return (
    <input
      type="checkbox"
      role="switch"
      checked={checked}
      aria-checked={checked}
      className={cn(
        'relative h-4.5 w-8 shrink-0 appearance-none rounded-full border border-control bg-press transition-colors',
        'before:absolute before:top-0.5 before:left-0.5 before:size-3 before:rounded-full before:bg-ink-muted before:transition-transform',
        'checked:border-accent checked:bg-accent checked:before:translate-x-3.5 checked:before:bg-accent-ink disabled:opacity-50',
        className,
      )}
      {...rest}
    />
  )
}
