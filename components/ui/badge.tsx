import type { ReactNode } from 'react'
import { cn } from './cn.ts'

const tones = {
  neutral: 'border-line-strong text-ink-muted',
  accent: 'border-transparent bg-accent-soft text-accent',
  caution: 'border-transparent bg-caution-soft text-caution',
  danger: 'border-transparent bg-danger-soft text-danger',
} as const

/** A short word about an object: a tag, an engine's name. Not for states: those are StateMark's. */
export function Badge({
  tone = 'neutral',
  className,
  children,
}: {
  tone?: keyof typeof tones
  className?: string
  children: ReactNode
}) {
  return (
    <span
      className={cn(
        'inline-flex h-4.5 max-w-full items-center gap-1 truncate rounded-sm border px-1.5 text-2xs',
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  )
}
