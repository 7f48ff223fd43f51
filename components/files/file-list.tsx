'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { CornerLeftUp, Download, File, FileQuestion, Folder, Link2 } from 'lucide-react'
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { cn } from '#components/ui/cn.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { printableName } from '#lib/byte-name.ts'
import type { FileEntry } from '#lib/contracts/files.ts'
import { joinPath } from './path-bar.tsx'

const icons = { directory: Folder, symlink: Link2, file: File } as const
const rowHeight = 28

/** Folders first, then by name as people count: file2 before file10. */
export function sorted(entries: readonly FileEntry[]): FileEntry[] {
  const collator = new Intl.Collator(undefined, { numeric: true })
  const rank = ({ kind }: FileEntry) => (kind === 'directory' ? 0 : 1)
  return entries.toSorted((a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name))
}

/** `rwxr-xr-x`, as ls writes it. */
export function modeText(mode: number): string {
  return [6, 3, 0]
    .map((shift) => {
      const bits = (mode >> shift) & 7
      return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`
    })
    .join('')
}

export function FileList({
  entries,
  filter,
  isReading,
  opened,
  path,
  onChoose,
  onUp,
  contentUrl,
}: {
  entries: readonly FileEntry[]
  filter: string
  isReading: boolean
  opened: string | null
  path: string
  onChoose(entry: FileEntry): void
  /** Null at the root. */
  onUp: (() => void) | null
  contentUrl(name: string): string
}) {
  const t = useTranslations('files')
  const format = useFormat()
  const scroller = useRef<HTMLDivElement>(null)
  const [current, setCurrent] = useState(0)
  const rows = useMemo(() => {
    const text = filter.toLowerCase()
    return sorted(entries.filter(({ name }) => name.toLowerCase().includes(text)))
  }, [entries, filter])
  const at = Math.min(current, Math.max(0, rows.length - 1))
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 15,
  })
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: 15,
      PageUp: -15,
    }
    const step = steps[event.key]
    const entry = rows[at]
    if (step !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, at + step))
      setCurrent(next)
      virtual.scrollToIndex(next)
    } else if (event.key === 'Enter' && entry) onChoose(entry)
    else if ((event.key === 'Backspace' || event.key === 'ArrowLeft') && onUp) onUp()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className="fill min-h-40 rounded-md border">
      {onUp && (
        <button
          type="button"
          className="flex shrink-0 items-center gap-2 border-b px-2 py-1 text-ink-muted text-xs hover:bg-hover"
          onClick={onUp}
        >
          <CornerLeftUp aria-hidden className="size-3.5" /> {t('up')}
        </button>
      )}
      {rows.length === 0 && !isReading ? (
        <EmptyState title={entries.length === 0 ? t('empty') : t('noMatch')} />
      ) : (
        <div
          ref={scroller}
          role="listbox"
          aria-label={t('list', { path })}
          aria-activedescendant={rows[at] ? `file-${at}` : undefined}
          tabIndex={0}
          className="fill overflow-y-auto"
          onKeyDown={onKeyDown}
        >
          <div role="presentation" className="relative shrink-0" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const entry = rows[index]
              if (!entry) return null
              const Icon = icons[entry.kind as keyof typeof icons] ?? FileQuestion
              return (
                // Keys are the list's own, by the active descendant.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- see above
                <div
                  role="option"
                  id={`file-${index}`}
                  key={entry.name}
                  aria-selected={opened === joinPath(path, entry.name)}
                  tabIndex={-1}
                  className={cn(
                    'group absolute inset-x-0 flex cursor-default items-center gap-2 px-2 text-xs hover:bg-hover aria-selected:bg-accent-soft',
                    index === at && 'shadow-[inset_2px_0_0_var(--color-accent)]',
                  )}
                  style={{ height: rowHeight, transform: `translateY(${start}px)` }}
                  onClick={() => {
                    setCurrent(index)
                    onChoose(entry)
                  }}
                >
                  <Icon
                    aria-hidden
                    className={cn(
                      'size-4 shrink-0',
                      entry.kind === 'directory' ? 'text-accent' : 'text-ink-faint',
                    )}
                  />
                  <span className="min-w-0 truncate" title={printableName(entry.name)}>
                    {printableName(entry.name)}
                  </span>
                  {entry.target !== '' && (
                    <span className="min-w-0 truncate text-ink-faint">→ {printableName(entry.target)}</span>
                  )}
                  <span className="flex-1" />
                  {entry.kind === 'file' && (
                    <a
                      href={contentUrl(entry.name)}
                      download={printableName(entry.name)}
                      tabIndex={-1}
                      aria-hidden
                      title={t('download')}
                      className="hidden shrink-0 text-ink-muted hover:text-ink group-hover:block"
                      onClick={(event) => event.stopPropagation()}
                    >
                      <Download className="size-3.5" />
                    </a>
                  )}
                  <span className="hidden shrink-0 font-mono text-ink-faint md:block">
                    {modeText(entry.mode)} {entry.owner && `${entry.owner.uid}:${entry.owner.gid}`}
                  </span>
                  <span className="hidden w-44 shrink-0 whitespace-nowrap text-right text-ink-faint xl:block">
                    {format.dateTime(new Date(entry.mtime * 1000).toISOString())}
                  </span>
                  <span className="w-16 shrink-0 text-right tabular-nums">
                    {entry.kind === 'file' || entry.kind === 'directory' ? format.bytes(entry.size) : ''}
                  </span>
                </div>
              )
            })}
          </div>
        </div>
      )}
    </div>
  )
}
