'use client'
import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cn } from './cn.ts'

/** Tabs whose choice the caller keeps (in the URL). */
export function Tabs<V extends string>({
  value,
  onValueChange,
  label,
  tabs,
  className,
}: {
  value: V
  onValueChange(value: V): void
  /** For screen readers: what the tabs are about. */
  label: string
  tabs: readonly { value: V; label: ReactNode; content: ReactNode; disabled?: boolean }[]
  className?: string
}) {
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => {
        const tab = tabs.find((tab) => tab.value === next)
        if (tab) onValueChange(tab.value)
      }}
      className={cn('fill', className)}
    >
      <Radix.List aria-label={label} className="flex shrink-0 gap-4 overflow-x-auto border-b px-4">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            disabled={tab.disabled}
            className="-mb-px h-9 whitespace-nowrap border-transparent border-b-2 text-ink-muted hover:text-ink focus-visible:-outline-offset-2 disabled:opacity-50 data-[state=active]:border-accent data-[state=active]:text-ink pointer-coarse:h-11"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content
          key={tab.value}
          value={tab.value}
          className="fill outline-none data-[state=inactive]:hidden"
        >
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
