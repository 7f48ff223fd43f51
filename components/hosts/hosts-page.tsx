'use client'
import { Ellipsis, Pause, Pencil, Play, Plus, RotateCw, Server, Trash2 } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useHosts } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { usePermission } from '#components/data/use-session.ts'
import { ObjectListPage } from '#components/object-list/object-list.tsx'
import { useObjectList } from '#components/object-list/use-object-list.ts'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem, MenuLine } from '#components/ui/menu.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import { unreadOf } from '#lib/fleet/host-reading.ts'
import { matchesWords } from '#lib/words.ts'
import { HostPhoneRow, useHostColumns } from './host-columns.tsx'
import { HostDrawer } from './host-drawer.tsx'
import { useHostActions } from './use-host-actions.ts'

const keyOf = (host: Host) => host.id
const labelOf = (host: Host) => host.name
const matching =
  (filter: string) =>
  ({ name, address, tags, engine }: Host) =>
    matchesWords(filter, [name, address, ...tags, engine?.flavour, engine?.version])
const isWell = (host: Host) => (host.state === 'online' && !unreadOf(host)) || host.state === 'connecting'

/** The registered hosts: how each is reached, how it is, and what to do about it. */
export function HostsPage() {
  const t = useTranslations('hosts')
  const mayEdit = usePermission('hosts.edit')
  const href = useScopedHref()
  const [removing, setRemoving] = useState<Host | null>(null)
  const actions = useHostActions()
  const columns = useHostColumns()
  const list = useObjectList({ rows: useHosts(), columns, sortedBy: 'name', keyOf, labelOf, matching })
  const menu = (host: Host, open?: boolean, onOpenChange?: (open: boolean) => void) =>
    mayEdit && <HostMenu {...{ host, open, onOpenChange }} onRemove={() => setRemoving(host)} />
  return (
    <ObjectListPage
      list={list}
      icon={<Server />}
      title={t('title')}
      filter={t('filter')}
      empty={{ title: t('empty.filteredTitle'), text: t('empty.filteredText') }}
      actions={
        mayEdit && (
          <Button asChild size="sm" variant="primary">
            <Link href={href('/hosts/add')}>
              <Plus aria-hidden /> {t('add')}
            </Link>
          </Button>
        )
      }
      phoneRow={(host) => <HostPhoneRow host={host} />}
      rowClass={(host) => (isWell(host) ? undefined : 'hatched')}
      menu={menu}
    >
      {list.open && (
        <HostDrawer host={list.opened} onClose={list.close} actions={list.opened && menu(list.opened)} />
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
    </ObjectListPage>
  )
}

function HostMenu({
  host,
  open,
  onOpenChange,
  onRemove,
}: {
  host: Host
  open: boolean | undefined
  onOpenChange: ((open: boolean) => void) | undefined
  onRemove(): void
}) {
  const t = useTranslations('hosts.action')
  const router = useRouter()
  const href = useScopedHref()
  const { run } = useHostActions()
  const isPaused = host.state === 'paused'
  return (
    <Menu
      open={open}
      onOpenChange={onOpenChange}
      trigger={<IconButton inPreview size="sm" label={host.name} icon={<Ellipsis />} />}
    >
      <MenuItem icon={<Pencil />} onSelect={() => router.push(href(`/hosts/${host.id}/edit`))}>
        {t('edit')}
      </MenuItem>
      <MenuItem icon={<RotateCw />} disabled={isPaused} onSelect={() => void run(host, 'reconnect')}>
        {t('reconnect')}
      </MenuItem>
      {isPaused ? (
        <MenuItem icon={<Play />} onSelect={() => void run(host, 'resume')}>
          {t('resume')}
        </MenuItem>
      ) : (
        <MenuItem icon={<Pause />} onSelect={() => void run(host, 'pause')}>
          {t('pause')}
        </MenuItem>
      )}
      <MenuLine />
      <MenuItem icon={<Trash2 />} destructive onSelect={onRemove}>
        {t('remove')}
      </MenuItem>
    </Menu>
  )
}
