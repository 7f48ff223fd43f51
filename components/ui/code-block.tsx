import { cn } from './cn.ts'
import { CopyButton } from './copy-button.tsx'

/** Commands or raw output, as text, with a copy button. Wraps only when asked: a wrapped command misleads. */
export function CodeBlock({
  text,
  label,
  wrap = false,
  className,
}: {
  text: string
  /** Caption above, for example the file's name. */
  label?: string
  wrap?: boolean
  className?: string
}) {
  return (
    <figure className={cn('relative min-w-0 rounded-md border bg-bg', className)}>
      {label && (
        <figcaption className="border-b px-3 py-1.5 pr-10 text-ink-faint text-xs">{label}</figcaption>
      )}
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        className={cn(
          'max-h-96 overflow-auto px-3 py-2 pr-10 text-xs leading-5',
          wrap && 'whitespace-pre-wrap break-words',
        )}
      >
        {text}
      </pre>
      <CopyButton text={text} className={cn('absolute right-1 bg-bg', label ? 'top-0.5' : 'top-1')} />
    </figure>
  )
}
