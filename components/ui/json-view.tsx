'use client'
import { useMemo, useState } from 'react'
import { cn } from './cn.ts'
import { CopyButton } from './copy-button.tsx'
import { Input } from './input.tsx'

/** A document as text, with the lines that hold the word sought marked and the others paled. Text nodes only. */
export function JsonView({ value, searchLabel }: { value: unknown; searchLabel: string }) {
  const [needle, setNeedle] = useState('')
  const text = useMemo(() => JSON.stringify(value, null, 2), [value])
  const lines = useMemo(() => text.split('\n'), [text])
  const sought = needle.trim().toLowerCase()
  return (
    <>
      <div className="sticky top-0 flex items-center gap-2">
        <Input
          type="search"
          aria-label={searchLabel}
          placeholder={searchLabel}
          value={needle}
          onChange={(event) => setNeedle(event.target.value)}
        />
        <CopyButton text={text} />
      </div>
      <pre className="min-w-0 whitespace-pre-wrap break-all text-xs leading-5">
        {lines.map((line, index) => {
          const found = sought !== '' && line.toLowerCase().includes(sought)
          return (
            <span
              // A line has no other identity than its place.
              key={index}
              className={cn('block', found && 'bg-caution-soft', sought !== '' && !found && 'text-ink-faint')}
            >
              {line}
            </span>
          )
        })}
      </pre>
    </>
  )
}
