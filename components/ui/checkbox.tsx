import { Check, Minus } from 'lucide-react'
import { type ComponentProps, useEffect, useRef } from 'react'
import { cn } from './cn.ts'

/** A native checkbox, so that forms, shift-click and screen readers behave as everywhere. */
export function Checkbox({
  indeterminate = false,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type' | 'ref'> & { indeterminate?: boolean }) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (input.current) input.current.indeterminate = indeterminate
  }, [indeterminate])
  return (
    <span className={cn('relative inline-grid size-4 shrink-0 place-items-center', className)}>
      <input
        ref={input}
        type="checkbox"
        className={cn(
          'peer size-4 appearance-none rounded-sm border border-control bg-surface',
          'checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent disabled:opacity-50',
          // A thumb needs more than 16 px: the hit area grows, the box does not.
          'after:absolute after:-inset-2 after:content-[""] pointer-coarse:after:-inset-3',
        )}
        {...rest}
      />
      {indeterminate ? (
        <Minus aria-hidden strokeWidth={3} className="pointer-events-none absolute size-3 text-accent-ink" />
      ) : (
        <Check
          aria-hidden
          strokeWidth={3}
          className="pointer-events-none absolute hidden size-3 text-accent-ink peer-checked:block"
        />
      )}
    </span>
  )
}
