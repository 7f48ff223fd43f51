'use client'
import { Ellipsis, Pause, Pencil, Play, Plus, RotateCw, Server, Trash2 } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet, useHosts, useLoaded } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { usePartlySeen, usePermission } from '#components/data/use-session.ts'
import { type Column, compareText, formatSort, parseSort, sortRows } from '#components/data-table/columns.ts'
import { DataTable } from '#components/data-table/data-table.tsx'
import { NothingGranted } from '#components/shell/nothing-granted.tsx'
import { PageHeader } from '#components/shell/page-header.tsx'
import { Age } from '#components/ui/age.tsx'
import { Badge } from '#components/ui/badge.tsx'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { ListFilter } from '#components/ui/list-filter.tsx'
import { Menu, MenuItem, MenuLine } from '#components/ui/menu.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { matchesWords } from '#lib/words.ts'
import { HostDrawer } from './host-drawer.tsx'
import { HostStateMark } from './host-state.tsx'
import { useHostActions } from './use-host-actions.ts'

const keyOf = (host: Host) => host.id
const nameOf = (host: Host) => host.name

/** The registered hosts: how each is reached, how it is, and what to do about it. */
export function HostsPage() {
  const t = useTranslations('hosts')
  const hosts = useHosts()
  const loaded = useLoaded()
  const mayEdit = usePermission('hosts.edit')
  const router = useRouter()
  const href = useScopedHref()
  const [view, setView] = useQueryStates({
    filter: parseAsString.withDefault(''),
    sort: parseAsString.withDefault('name'),
  })
  const [open, setOpen] = useQueryState('open', parseAsString.withOptions({ history: 'push' }))
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [removing, setRemoving] = useState<Host | null>(null)
  const actions = useHostActions()

  const columns = useHostColumns()
  const sort = useMemo(() => parseSort(view.sort, { column: 'name', descending: false }), [view.sort])
  const groups = useMemo(() => {
    const rows = hosts.filter(({ name, address, tags, engine }) =>
      matchesWords(view.filter, [name, address, ...tags, engine?.flavour, engine?.version]),
    )
    return rows.length > 0 ? [{ key: '', label: '', rows: sortRows(rows, columns, sort) }] : []
  }, [hosts, view.filter, columns, sort])

  const menu = (host: Host, menuOpen?: boolean, onOpenChange?: (open: boolean) => void) =>
    mayEdit && (
      <Menu
        open={menuOpen}
        onOpenChange={onOpenChange}
        trigger={<IconButton inPreview size="sm" label={host.name} icon={<Ellipsis />} />}
      >
        <MenuItem icon={<Pencil />} onSelect={() => router.push(href(`/hosts/${host.id}/edit`))}>
          {t('action.edit')}
        </MenuItem>
        <MenuItem
          icon={<RotateCw />}
          disabled={host.state === 'paused'}
          onSelect={() => void actions.run(host, 'reconnect')}
        >
          {t('action.reconnect')}
        </MenuItem>
        {host.state === 'paused' ? (
          <MenuItem icon={<Play />} onSelect={() => void actions.run(host, 'resume')}>
            {t('action.resume')}
          </MenuItem>
        ) : (
          <MenuItem icon={<Pause />} onSelect={() => void actions.run(host, 'pause')}>
            {t('action.pause')}
          </MenuItem>
        )}
        <MenuLine />
        <MenuItem icon={<Trash2 />} destructive onSelect={() => setRemoving(host)}>
          {t('action.remove')}
        </MenuItem>
      </Menu>
    )
  const opened = hosts.find((host) => host.id === open)

  return (
    <div className="fill">
      <PageHeader
        title={t('title')}
        count={loaded ? hosts.length : undefined}
        actions={
          mayEdit && (
            <Button asChild size="sm" variant="primary">
              <Link href={href('/hosts/add')}>
                <Plus aria-hidden /> {t('add')}
              </Link>
            </Button>
          )
        }
      />
      <ListFilter
        className="mx-4 mb-2 md:mx-5"
        label={t('filter')}
        value={view.filter}
        onChange={(filter) => void setView({ filter })}
      />
      <DataTable
        label={t('title')}
        columns={columns}
        groups={groups}
        rowKey={keyOf}
        rowLabel={nameOf}
        sort={sort}
        onSort={(next) => void setView({ sort: formatSort(next) })}
        selected={selected}
        onSelect={setSelected}
        openKey={opened?.id ?? null}
        onOpen={(host) => void setOpen(host.id, { history: open ? 'replace' : 'push' })}
        phoneRow={(host) => <PhoneRow host={host} />}
        rowClass={(host) => (host.state === 'online' || host.state === 'connecting' ? undefined : 'hatched')}
        menu={menu}
        loading={!loaded}
        empty={<NoHosts filtered={view.filter !== ''} />}
      />
      {open && (
        <HostDrawer host={opened} onClose={() => void setOpen(null)} actions={opened && menu(opened)} />
      )}
      {removing && (
        <ConfirmDialog
          open
          onOpenChange={(next) => !next && setRemoving(null)}
          title={t('removeTitle', { name: removing.name })}
          description={t('removeText')}
          confirmLabel={t('removeAction')}
          onConfirm={() => actions.remove(removing)}
        />
      )}
    </div>
  )
}

function useHostColumns(): Column<Host>[] {
  const t = useTranslations('hosts.columns')
  const format = useFormat()
  return useMemo(
    (): Column<Host>[] => [
      {
        id: 'state',
        header: t('state'),
        width: '136px',
        cell: (host) => <HostStateMark host={host} />,
        compare: (a, b) => compareText(a.state, b.state),
      },
      {
        id: 'name',
        header: t('name'),
        width: 'minmax(180px, 1.2fr)',
        cell: (host) => <NameCell host={host} />,
        compare: (a, b) => compareText(a.name, b.name),
      },
      {
        id: 'address',
        header: t('address'),
        width: 'minmax(180px, 1.4fr)',
        cell: (host) => <AddressCell host={host} />,
        compare: (a, b) => compareText(a.address, b.address),
      },
      {
        id: 'engine',
        header: t('engine'),
        width: '208px',
        cell: ({ engine }) =>
          engine ? (
            <span title={`API ${engine.apiVersion}`}>
              {engine.flavour === 'podman' ? 'Podman' : 'Docker'} {engine.version}{' '}
              <span className="text-ink-faint text-xs">API {engine.apiVersion}</span>
            </span>
          ) : (
            <span className="text-ink-faint">–</span>
          ),
        compare: (a, b) => compareText(a.engine?.version ?? '', b.engine?.version ?? ''),
      },
      {
        id: 'containers',
        header: t('containers'),
        width: '100px',
        align: 'end',
        cell: (host) => <Counts host={host} />,
      },
      {
        id: 'latency',
        header: t('latency'),
        width: '84px',
        align: 'end',
        cell: ({ latencyMs }) => (
          <span className="text-ink-muted tabular-nums">
            {latencyMs === null ? '–' : format.latency(latencyMs)}
          </span>
        ),
        compare: (a, b) => (a.latencyMs ?? 1e9) - (b.latencyMs ?? 1e9),
      },
      {
        id: 'seen',
        header: t('seen'),
        width: '96px',
        align: 'end',
        cell: (host) => <Age at={host.lastSeenAt} className="text-ink-muted" />,
        compare: (a, b) => compareText(a.lastSeenAt ?? '', b.lastSeenAt ?? ''),
      },
    ],
    [t, format],
  )
}

function NameCell({ host }: { host: Host }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <span className="truncate font-medium">{host.name}</span>
      {host.tags.map((tag) => (
        <Badge key={tag}>{tag}</Badge>
      ))}
    </span>
  )
}

/** The address; and where the host is not well, why, in its place. */
function AddressCell({ host }: { host: Host }) {
  const errorText = useErrorText()
  if (!host.error) return <code className="text-ink-muted">{host.address}</code>
  const { sentence } = errorText(host.error)
  return (
    <span className="text-danger" title={`${host.address}: ${sentence}`}>
      {sentence}
    </span>
  )
}

function Counts({ host }: { host: Host }) {
  const t = useTranslations('hosts')
  const containers = useFleet((fleet) => fleet.containers)
  const { running, total } = useMemo(() => {
    const own = [...containers.values()].filter((container) => container.hostId === host.id)
    return { running: own.filter((container) => container.state === 'running').length, total: own.length }
  }, [containers, host.id])
  const isPart = usePartlySeen([host]).length > 0
  return <span className="tabular-nums">{t(isPart ? 'countsInPart' : 'counts', { running, total })}</span>
}

function PhoneRow({ host }: { host: Host }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <span className="flex items-center justify-between gap-2">
        <NameCell host={host} />
        <span className="shrink-0">
          <HostStateMark host={host} />
        </span>
      </span>
      <span className="flex items-center justify-between gap-2 text-xs">
        <span className="truncate text-ink-muted">
          <AddressCell host={host} />
        </span>
        <Age at={host.lastSeenAt} className="shrink-0 text-ink-muted" />
      </span>
    </div>
  )
}

function NoHosts({ filtered }: { filtered: boolean }) {
  const t = useTranslations('hosts')
  const mayEdit = usePermission('hosts.edit')
  const href = useScopedHref()
  if (filtered) {
    return (
      <EmptyState icon={<Server />} title={t('empty.filteredTitle')}>
        {t('empty.filteredText')}
      </EmptyState>
    )
  }
  if (!mayEdit) return <NothingGranted />
  return (
    <EmptyState
      icon={<Server />}
      title={t('empty.title')}
      action={
        <Button asChild variant="primary">
          <Link href={href('/hosts/add')}>{t('add')}</Link>
        </Button>
      }
    >
      {t('empty.text')}
    </EmptyState>
  )
}
