import { type ReactNode, useId } from 'react'
import { cn } from './cn.ts'

/** One of a few, all in sight. Native radios: arrow keys work by themselves. */
export function Segmented<V extends string>({
  label,
  value,
  onValueChange,
  options,
  className,
}: {
  /** For screen readers. */
  label: string
  value: V
  onValueChange(value: V): void
  options: readonly { value: V; label: string; icon?: ReactNode; iconOnly?: boolean }[]
  className?: string
}) {
  const name = useId()
  return (
    // Not a fieldset: browsers lay out its inside in a box of its own, which ignores the height.
    <div
      role="radiogroup"
      aria-label={label}
      className={cn(
        'inline-flex h-8 rounded-md border border-line-strong bg-bg p-0.5 pointer-coarse:h-10',
        className,
      )}
    >
      {options.map((option) => (
        <label
          key={option.value}
          title={option.iconOnly ? option.label : undefined}
          className={cn(
            'inline-flex h-full flex-1 items-center justify-center gap-1.5 whitespace-nowrap rounded-sm px-2.5 text-ink-muted text-xs transition-colors [&_svg]:size-4',
            'has-checked:bg-surface has-checked:text-ink has-checked:shadow-[0_0_0_1px_var(--color-line-strong)] hover:text-ink',
            'has-focus-visible:outline-2 has-focus-visible:outline-accent',
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onValueChange(option.value)}
            className="sr-only"
          />
          {option.icon}
          <span className={option.iconOnly ? 'sr-only' : undefined}>{option.label}</span>
        </label>
      ))}
    </div>
  )
}
