'use client'
import { Search } from 'lucide-react'
import { useRef } from 'react'
import { useShortcut } from '#components/ui/shortcuts.ts'
import { cn } from './cn.ts'
import { Input } from './input.tsx'

/** The field above a list that narrows it to what has all its words. `/` goes there. */
export function ListFilter({
  label,
  value,
  onChange,
  className,
}: {
  label: string
  value: string
  onChange(value: string | null): void
  className?: string
}) {
  const input = useRef<HTMLInputElement>(null)
  useShortcut('/', () => input.current?.focus(), { group: 'list', label })
  return (
    <div className={cn('relative shrink-0 md:max-w-xl', className)}>
      <Search
        aria-hidden
        className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-faint pointer-coarse:top-3"
      />
      <Input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        className="pl-8"
        value={value}
        onChange={(event) => onChange(event.target.value || null)}
      />
    </div>
  )
}
