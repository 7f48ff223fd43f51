import type { ReactNode } from 'react'
import { CopyButton } from '#components/ui/copy-button.tsx'

/** A list of `Fact`s. */
export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="grid shrink-0 grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-1">{children}</dl>
  )
}

/** One thing that is known, by its name; nothing where there is nothing to say. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  if (children === null || children === undefined || children === '' || children === false) return null
  return (
    <>
      <dt className="text-ink-muted">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

/** A digest, an id or a reference on one line, with its copy button. */
export function Identifier({ text }: { text: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="truncate" title={text}>
        {text}
      </code>
      <CopyButton text={text} />
    </span>
  )
}

/** Labels, variables and options: names and values that somebody else wrote, so of any length. */
export function NameValues({ entries }: { entries: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl className="grid shrink-0 grid-cols-[minmax(0,2fr)_minmax(0,3fr)] gap-x-3 font-mono text-xs">
      {entries.map(([name, value]) => (
        <div key={name} className="col-span-2 grid grid-cols-subgrid border-b py-1 last:border-b-0">
          <dt className="break-all text-ink-muted">{name}</dt>
          <dd className="break-all">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
