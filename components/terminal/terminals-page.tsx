'use client'
import { Plus, SquareTerminal, X } from 'lucide-react'
import dynamic from 'next/dynamic'
import { parseAsArrayOf, parseAsInteger, parseAsString, useQueryStates } from 'nuqs'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type OpenTerminal, useOpenTerminals } from '#components/data/open-terminals.ts'
import { useContainers, useFleet, useLoaded } from '#components/data/use-live.ts'
import { useMay, useSession } from '#components/data/use-session.ts'
import { useGoneWords } from '#components/object-list/silent-hosts.tsx'
import { NotInPreview } from '#components/page/not-in-preview.tsx'
import { PageHeader } from '#components/page/page-header.tsx'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { Popover } from '#components/ui/popover.tsx'
import type { Container } from '#lib/contracts/containers.ts'

const TerminalView = dynamic(() => import('./terminal-view.tsx').then((module) => module.TerminalView), {
  ssr: false,
})

const refOf = ({ hostId, id }: Pick<Container, 'hostId' | 'id'>) => `${hostId}/${id.slice(0, 12)}`

/**
 * Several terminals side by side in tabs. Which containers is in the link; a session is not: it lives in this page, is found
 * again by who comes back to it or loads the page again, and another window makes its own.
 */
export function TerminalsPage() {
  const t = useTranslations('terminal')
  const loaded = useLoaded()
  const containers = useContainers()
  const hosts = useFleet((fleet) => fleet.hosts)
  const { preview } = useSession()
  const [{ open, tab }, setView] = useQueryStates({
    open: parseAsArrayOf(parseAsString).withDefault([]),
    tab: parseAsInteger.withDefault(0),
  })
  // Those that were left running are here again, whatever link led here.
  const running = useOpenTerminals()
  const missing = missingFrom(open, running)
  useEffect(() => {
    if (missing !== '') void setView({ open: [...open, ...missing.split(',')] })
  }, [missing, open, setView])
  if (!loaded) return null
  const found = open.map((ref) => containers.find((container) => refOf(container) === ref))
  const current = Math.min(Math.max(tab, 0), open.length - 1)
  const nameOf = (index: number) => {
    const container = found[index]
    if (!container) return open[index]?.split('/')[1] ?? ''
    return `${container.name} · ${hosts.get(container.hostId)?.name ?? ''}`
  }
  const add = (container: Container) => void setView({ open: [...open, refOf(container)], tab: open.length })
  return (
    <div className="fill">
      <PageHeader title={t('title')} actions={<Choose containers={containers} onChoose={add} />} />
      {preview ? (
        <NotInPreview />
      ) : open.length === 0 ? (
        <EmptyState icon={<SquareTerminal />} title={t('empty')}>
          {t('emptyText')}
        </EmptyState>
      ) : (
        <>
          <div className="flex shrink-0 items-center border-b px-4">
            <div role="tablist" aria-label={t('title')} className="flex min-w-0 gap-3 overflow-x-auto">
              {open.map((ref, index) => (
                <button
                  // The same container may be open twice: its place is what tells the tabs apart.
                  key={`${index} ${ref}`}
                  type="button"
                  role="tab"
                  id={`terminal-tab-${index}`}
                  aria-selected={index === current}
                  aria-controls={`terminal-panel-${index}`}
                  onClick={() => void setView({ tab: index })}
                  className={cn(
                    '-mb-px h-9 whitespace-nowrap border-transparent border-b-2 px-1 text-ink-muted hover:text-ink',
                    index === current && 'border-accent text-ink',
                  )}
                >
                  {nameOf(index)}
                </button>
              ))}
            </div>
            <IconButton
              size="sm"
              className="ml-auto"
              label={t('close', { name: nameOf(current) })}
              icon={<X />}
              onClick={async () => {
                await closeAt(open[current] ?? '', nth(open, current))
                void setView({ open: open.filter((_, at) => at !== current), tab: 0 })
              }}
            />
          </div>
          {open.map((ref, index) => {
            const container = found[index]
            return (
              <div
                key={`${index} ${ref}`}
                role="tabpanel"
                id={`terminal-panel-${index}`}
                aria-labelledby={`terminal-tab-${index}`}
                // Hidden ones go on: a build in one tab is not stopped by a look at another.
                className={index === current ? 'fill' : 'hidden'}
              >
                {container ? (
                  <TerminalView container={container} index={nth(open, index)} />
                ) : (
                  <GoneTerminal hostId={ref.split('/')[0] ?? null} />
                )}
              </div>
            )
          })}
        </>
      )}
    </div>
  )
}

/** Its code is there already where a terminal is open. */
const closeAt = async (ref: string, index: number) =>
  (await import('./terminal-sessions.ts')).closeSessionAt(ref, index)

/** Which of several tabs with the same container it is. */
const nth = (open: readonly string[], index: number) =>
  open.slice(0, index).filter((ref) => ref === open[index]).length

/** Containers of terminals that run and have no tab, as often as they lack one, with commas between. */
function missingFrom(open: readonly string[], running: readonly OpenTerminal[]): string {
  const left = [...open]
  return running
    .map(({ hostId, containerId }) => refOf({ hostId, id: containerId }))
    .filter((ref) => {
      const at = left.indexOf(ref)
      if (at < 0) return true
      left.splice(at, 1)
      return false
    })
    .join(',')
}

function Choose({
  containers,
  onChoose,
}: {
  containers: readonly Container[]
  onChoose(container: Container): void
}) {
  const t = useTranslations('terminal')
  const hosts = useFleet((fleet) => fleet.hosts)
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const may = useMay()
  const matching = containers
    .filter(
      (container) =>
        container.state === 'running' && may('containers.exec', { hostId: container.hostId, container }),
    )
    .filter((container) =>
      `${container.name} ${hosts.get(container.hostId)?.name}`.toLowerCase().includes(text.toLowerCase()),
    )
    .sort((a, b) => a.name.localeCompare(b.name))
    .slice(0, 50)
  const choose = (container: Container) => {
    setOpen(false)
    setText('')
    onChoose(container)
  }
  return (
    <Popover
      label={t('new')}
      align="end"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm" variant="primary">
          <Plus aria-hidden /> {t('new')}
        </Button>
      }
    >
      <div className="p-2">
        <Input
          type="search"
          aria-label={t('find')}
          placeholder={t('find')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && matching[0]) choose(matching[0])
          }}
        />
      </div>
      <ul className="max-h-80 overflow-y-auto px-1 pb-1">
        {matching.map((container) => (
          <li key={refOf(container)}>
            <button
              type="button"
              className="flex w-full items-center justify-between gap-3 rounded-sm px-2 py-1 text-left hover:bg-hover"
              onClick={() => choose(container)}
            >
              <span className="truncate">{container.name}</span>
              <span className="shrink-0 text-ink-faint text-xs">{hosts.get(container.hostId)?.name}</span>
            </button>
          </li>
        ))}
      </ul>
    </Popover>
  )
}

function GoneTerminal({ hostId }: { hostId: string | null }) {
  const t = useTranslations('terminal')
  const gone = useGoneWords(hostId, 'containers', { title: t('gone'), text: t('goneText') })
  return <EmptyState title={gone.title}>{gone.text}</EmptyState>
}
