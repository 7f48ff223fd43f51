'use client'
import { useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import Link from 'next/link'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { links } from '#components/data/links.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMay } from '#components/data/use-session.ts'
import { Fact, Facts, Identifier, NameValues } from '#components/details/facts.tsx'
import { Section } from '#components/details/section.tsx'
import { useGoneWords } from '#components/object-list/silent-hosts.tsx'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { Drawer } from '#components/ui/drawer.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { VolumeDetail } from '#lib/contracts/volumes.ts'
import type { VolumeRow } from '#lib/volumes/rows.ts'
import type { SizesOfVolumes } from './use-volume-sizes.ts'
import { shownName, VolumeSize } from './volume-cells.tsx'

/** One volume: what it is, who has it and where, and how its driver mounts it. */
export function VolumeDrawer({
  address,
  row,
  sizes,
  onClose,
  onRemove,
}: {
  /** Of the URL: `hostId/name`. */
  address: string
  row: VolumeRow | undefined
  sizes: SizesOfVolumes
  onClose(): void
  /** Null where one may not. */
  onRemove: ((row: VolumeRow) => void) | null
}) {
  const t = useTranslations('volumes')
  const hosts = useFleet((fleet) => fleet.hosts)
  const gone = useGoneWords(address.split('/', 1)[0] ?? null, 'volumes', {
    title: t('drawer.gone'),
    text: t('drawer.goneText'),
  })
  return (
    <Drawer
      open
      onOpenChange={(next) => !next && onClose()}
      title={row ? shownName(row.volume) : gone.title}
      subtitle={row && hosts.get(row.volume.hostId)?.name}
      actions={
        row &&
        onRemove && (
          <IconButton
            label={t('action.remove')}
            icon={<Trash2 />}
            side="bottom"
            onClick={() => onRemove(row)}
          />
        )
      }
    >
      {row ? (
        <Details key={row.key} row={row} sizes={sizes} />
      ) : (
        <p className="p-4 text-ink-muted">{gone.text}</p>
      )}
    </Drawer>
  )
}

function Details({ row, sizes }: { row: VolumeRow; sizes: SizesOfVolumes }) {
  const t = useTranslations('volumes.drawer')
  const format = useFormat()
  const { volume, users } = row
  const host = useFleet((fleet) => fleet.hosts).get(volume.hostId)
  const [reveal, setReveal] = useState(false)
  const isAway = host?.state !== 'online'
  const query = useQuery({
    // Who has it changes where it is mounted.
    queryKey: queryKeys.volume(volume.hostId, volume.id, [reveal, users.map(({ id }) => id)]),
    queryFn: ({ signal }) =>
      api.get('/api/hosts/:hostId/volumes/:name', {
        params: { hostId: volume.hostId, name: volume.id },
        query: { reveal },
        signal,
      }),
    placeholderData: (before) => before,
    enabled: !isAway,
    retry: false,
  })
  const detail = query.data
  const readAt = sizes.hosts.find((each) => each.host.id === volume.hostId)?.told?.readAt
  const labels = Object.entries(volume.labels)
  return (
    <div className="fill gap-5 overflow-y-auto p-4">
      {query.error && <ErrorNote error={query.error} onRetry={() => void query.refetch()} />}
      {isAway && <p className="text-ink-muted">{t('away')}</p>}
      <Facts>
        <Fact label={t('name')}>
          <Identifier text={volume.id} />
        </Fact>
        <Fact label={t('host')}>{host?.name}</Fact>
        <Fact label={t('driver')}>{volume.driver}</Fact>
        <Fact label={t('stack')}>{row.stack}</Fact>
        <Fact label={t('size')}>
          <VolumeSize row={row} sizes={sizes} />{' '}
          {readAt && (
            <span className="text-ink-faint text-xs">
              {t.rich('sizeAge', { age: () => <Age at={readAt} ago /> })}
            </span>
          )}
        </Fact>
        {volume.createdAt && <Fact label={t('created')}>{format.dateTime(volume.createdAt)}</Fact>}
        {detail?.mountpoint && (
          <Fact label={t('mountpoint')}>
            <Identifier text={detail.mountpoint} />
          </Fact>
        )}
        {detail && <Fact label={t('scope')}>{detail.scope}</Fact>}
      </Facts>
      <Section title={t('users', { count: users.length })}>
        <Users row={row} detail={detail} />
      </Section>
      {query.isPending && !isAway && <Skeleton className="h-16" />}
      {detail && (
        <Section title={t('options')}>
          <Options
            detail={detail}
            hostId={volume.hostId}
            revealed={reveal}
            onReveal={() => setReveal(true)}
          />
        </Section>
      )}
      {labels.length > 0 && (
        <Section title={t('labels')}>
          <NameValues entries={labels} />
        </Section>
      )}
    </div>
  )
}

/** Containers that have it, at once; where they have it comes from its engine. */
function Users({ row: { users, isOpen }, detail }: { row: VolumeRow; detail: VolumeDetail | undefined }) {
  const t = useTranslations('volumes.drawer')
  const states = useTranslations('containers.state')
  const href = useScopedHref()
  if (users.length === 0) return <p className="text-ink-muted">{t(isOpen ? 'usersOpen' : 'nobody')}</p>
  return (
    <>
      <ul className="flex flex-col">
        {users.map((container) => {
          const mounts = detail?.mounts.filter(({ containerId }) => containerId === container.id) ?? []
          return (
            <li
              key={container.id}
              className="flex min-w-0 flex-wrap items-baseline gap-x-3 border-b py-1 last:border-b-0"
            >
              <Link
                href={href(links.container(container))}
                className="min-w-0 truncate text-accent hover:underline"
              >
                {container.name}
              </Link>
              <span className="text-ink-muted text-xs">{states(container.state)}</span>
              <span className="ml-auto min-w-0 break-all text-right font-mono text-xs">
                {mounts.map(({ destination, readOnly }) => (
                  <span key={destination} className="block">
                    {destination}
                    {readOnly && <span className="text-ink-muted"> {t('readOnly')}</span>}
                  </span>
                ))}
              </span>
            </li>
          )
        })}
      </ul>
      {detail?.moreMounts && <p className="text-ink-muted text-xs">{t('moreMounts')}</p>}
    </>
  )
}

/** Names at once, values when asked for: a share's password is among them. */
function Options({
  detail: { options },
  hostId,
  revealed,
  onReveal,
}: {
  detail: VolumeDetail
  hostId: string
  revealed: boolean
  onReveal(): void
}) {
  const t = useTranslations('volumes.drawer')
  const may = useMay()
  const entries = Object.entries(options)
  if (entries.length === 0) return <p className="text-ink-muted">{t('noOptions')}</p>
  return (
    <>
      {!revealed && (
        <div className="flex items-center justify-between gap-3 rounded-md border px-3 py-2">
          <span className="text-ink-muted">{t('optionsHidden')}</span>
          {may('containers.reveal', { hostId, hostWide: true }) && (
            <Button size="sm" onClick={onReveal}>
              {t('reveal')}
            </Button>
          )}
        </div>
      )}
      <NameValues entries={entries.map(([name, value]) => [name, revealed ? value : '••••••••'])} />
    </>
  )
}
