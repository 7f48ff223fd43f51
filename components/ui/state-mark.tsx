import { cn } from './cn.ts'

export const stateTones = ['running', 'paused', 'unhealthy', 'exited', 'unreachable', 'busy'] as const
export type StateTone = (typeof stateTones)[number]

const colours: Record<StateTone, string> = {
  running: 'text-state-running',
  paused: 'text-state-paused',
  unhealthy: 'text-state-unhealthy',
  exited: 'text-state-exited',
  unreachable: 'text-state-unreachable',
  busy: 'text-state-paused',
}

/** The shape alone says the state, so that the colour is only an addition. */
export function StateShape({ tone, className }: { tone: StateTone; className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 12 12"
      className={cn('size-3 shrink-0', colours[tone], className)}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      {tone === 'running' && <circle cx="6" cy="6" r="4.25" fill="currentColor" stroke="none" />}
      {tone === 'paused' && <path d="M4 2v8M8 2v8" strokeWidth="2" />}
      {tone === 'unhealthy' && <path d="M6 .8 11.6 11H.4Z" fill="currentColor" stroke="none" />}
      {tone === 'exited' && <rect x="2.25" y="2.25" width="7.5" height="7.5" rx="1" />}
      {tone === 'unreachable' && (
        <>
          <circle cx="6" cy="6" r="4.5" strokeDasharray="2 1.6" />
          <path d="M3.4 8.6 8.6 3.4" />
        </>
      )}
      {tone === 'busy' && <path d="M10.5 6A4.5 4.5 0 1 1 6 1.5" strokeLinecap="round" />}
    </svg>
  )
}

/** A state as shape and word, in its colour. `quiet` hides the word from sight, not from screen readers. */
export function StateMark({
  tone,
  label,
  quiet = false,
  className,
}: {
  tone: StateTone
  label: string
  quiet?: boolean
  className?: string
}) {
  return (
    <span
      className={cn('inline-flex min-w-0 items-center gap-1.5', className)}
      title={quiet ? label : undefined}
    >
      <StateShape tone={tone} />
      <span className={quiet ? 'sr-only' : cn('truncate', colours[tone])}>{label}</span>
    </span>
  )
}
