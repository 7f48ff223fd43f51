'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useMay } from '#components/data/use-session.ts'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { PrunableKind } from '#lib/contracts/disk.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import {
  type ChosenHost,
  chosenOf,
  itemKey,
  pruneInputOf,
  prunePermissions,
  unreadOf,
} from './prune-choice.ts'
import type { HostDisk } from './use-disks.ts'

const kinds: readonly PrunableKind[] = ['containers', 'images', 'volumes', 'networks', 'buildCache']
/** Lines of each host; the rest is counted. */
const shownLines = 200
/** Days. */
const ages = ['0', '1', '7', '30', '90'] as const

/** First what would go and what it frees, then it becomes a task. */
export function PruneDialog({ disks, onClose }: { disks: readonly HostDisk[]; onClose(): void }) {
  const t = useTranslations('disk')
  const common = useTranslations('common')
  const format = useFormat()
  const client = useQueryClient()
  const mayOn = useMay()
  const containers = useFleet((fleet) => fleet.containers)
  const [chosenKinds, setKinds] = useState<ReadonlySet<PrunableKind>>(new Set())
  const [onlyNameless, setOnlyNameless] = useState({ images: true, volumes: true })
  const [spared, setSpared] = useState<ReadonlySet<string>>(new Set())
  const [days, setDays] = useState<string>('0')
  const [openedAt] = useState(() => Date.now())
  const images = useFleet((fleet) => fleet.images)
  const sinceOf = useCallback(
    (kind: PrunableKind, hostId: string, id: string): number | null => {
      const key = objectKey(hostId, id)
      if (kind === 'images') return millis(images.get(key)?.createdAt)
      const container = kind === 'containers' ? containers.get(key) : undefined
      // Of one that ran, its end may not be known yet; when it was made says nothing about that.
      const isNew = container?.state === 'created'
      return millis(isNew ? container?.createdAt : container?.finishedAt)
    },
    [containers, images],
  )
  const spare = (key: string, isSpared: boolean) => {
    const next = new Set(spared)
    if (isSpared) next.add(key)
    else next.delete(key)
    setSpared(next)
  }
  const [typed, setTyped] = useState('')
  const chosen = useMemo(
    () =>
      chosenOf(disks, {
        kinds: chosenKinds,
        onlyNameless,
        spared,
        before: days === '0' ? null : openedAt - Number(days) * 86_400_000,
        sinceOf,
        may: (kind, hostId, id) =>
          mayOn(prunePermissions[kind], {
            hostId,
            container: id === undefined ? undefined : containers.get(objectKey(hostId, id)),
          }),
      }),
    [disks, chosenKinds, onlyNameless, spared, days, openedAt, sinceOf, mayOn, containers],
  )
  const all = chosen.flatMap(({ items }) => kinds.flatMap((kind) => items[kind]))
  const bytes = all.reduce((sum, { size }) => sum + size, 0)
  const losesData = chosen.some(({ items }) => items.volumes.some(({ nameless }) => !nameless))
  const ready = all.length > 0 && (!losesData || typed.trim() === t('word'))
  const missing = disks.filter(({ disk }) => !disk).map(({ host }) => host.name)
  const start = useMutation({
    mutationFn: () => api.post('/api/prune', { body: pruneInputOf(chosen) }),
    onSuccess(task) {
      taskStore.put(task)
      openTray()
      onClose()
      void client.invalidateQueries({ queryKey: queryKeys.disks(), refetchType: 'none' })
    },
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !start.isPending && onClose()}
      title={t('dialogTitle', { count: disks.length - missing.length })}
      description={t('dialogText')}
      onSubmit={() => ready && start.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={start.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="danger" busy={start.isPending} disabled={!ready}>
            {t('start', { count: all.length })}
          </Button>
        </>
      }
    >
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 font-medium text-xs">{t('what')}</legend>
        {kinds
          .filter((kind) => disks.some(({ host }) => mayOn(prunePermissions[kind], { hostId: host.id })))
          .map((kind) => (
            <div key={kind} className="flex flex-wrap gap-x-6">
              <CheckField label={t(`kind.${kind}`)} className="w-44">
                {(props) => (
                  <Checkbox
                    {...props}
                    checked={chosenKinds.has(kind)}
                    onChange={(event) => {
                      const next = new Set(chosenKinds)
                      if (event.target.checked) next.add(kind)
                      else next.delete(kind)
                      setKinds(next)
                    }}
                  />
                )}
              </CheckField>
              {(kind === 'images' || kind === 'volumes') && chosenKinds.has(kind) && (
                <CheckField label={t(`onlyNameless.${kind}`)} className="max-md:ml-6.5">
                  {(props) => (
                    <Checkbox
                      {...props}
                      checked={onlyNameless[kind]}
                      onChange={(event) => setOnlyNameless({ ...onlyNameless, [kind]: event.target.checked })}
                    />
                  )}
                </CheckField>
              )}
            </div>
          ))}
      </fieldset>
      <Field label={t('olderThan')} hint={days === '0' ? undefined : t('olderHint')}>
        {(props) => (
          <Select
            {...props}
            value={days}
            onValueChange={setDays}
            options={ages.map((value) => ({ value, label: t('days', { days: Number(value) }) }))}
          />
        )}
      </Field>
      {chosenKinds.has('volumes') && (
        <p role="alert" className="rounded-md bg-caution-soft px-3 py-2 text-caution">
          {t('volumeWarning')}
        </p>
      )}
      {missing.length > 0 && (
        <p className="text-caution text-xs">{t('failed', { hosts: missing.join(', ') })}</p>
      )}
      {unreadOf(disks, chosenKinds).map(({ kind, hosts }) => (
        <p key={kind} className="text-caution text-xs">
          {t('unread', { kind: t(`kind.${kind}`), hosts: hosts.join(', ') })}
        </p>
      ))}
      <div>
        <h3 className="mb-1 font-medium text-xs">{t('list')}</h3>
        {chosen.length === 0 ? (
          <p className="text-ink-muted">{t(chosenKinds.size === 0 ? 'choose' : 'nothing')}</p>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to be reached by the keyboard
          <section
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
            tabIndex={0}
            aria-label={t('list')}
            className="flex max-h-64 flex-col gap-2 overflow-y-auto rounded-md border p-2"
          >
            {chosen.map((host) => (
              <HostItems
                key={host.one.host.id}
                host={host}
                spared={spared}
                onSpare={spare}
                sinceOf={sinceOf}
              />
            ))}
          </section>
        )}
      </div>
      <p aria-live="polite" className="font-medium">
        {all.length > 0 && t('frees', { bytes: format.bytes(bytes) })}
      </p>
      {losesData && (
        <Field label={t('typeToConfirm', { word: t('word') })}>
          {(props) => (
            <Input
              {...props}
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
      )}
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}

function HostItems({
  host: { one, items, listed },
  spared,
  onSpare,
  sinceOf,
}: {
  host: ChosenHost
  spared: ReadonlySet<string>
  onSpare(key: string, isSpared: boolean): void
  sinceOf(kind: PrunableKind, hostId: string, id: string): number | null
}) {
  const t = useTranslations('disk')
  const format = useFormat()
  const lines = kinds.flatMap((kind) => listed[kind].map((item) => ({ kind, ...item })))
  const going = kinds.flatMap((kind) => items[kind]).reduce((sum, { size }) => sum + size, 0)
  return (
    <section aria-label={one.host.name}>
      <h4 className="flex gap-2 text-ink-muted text-xs">
        <span className="min-w-0 flex-1 truncate">{one.host.name}</span>
        <span className="tabular-nums">{going > 0 && format.bytes(going)}</span>
      </h4>
      <ul className="text-xs">
        {lines.slice(0, shownLines).map(({ kind, id, name, size }) => {
          const key = itemKey(one.host.id, kind, id)
          const since = sinceOf(kind, one.host.id, id)
          return (
            <li key={key}>
              <label className="relative flex h-8 items-center gap-2 overflow-hidden pl-2 pointer-coarse:h-10">
                <Checkbox
                  checked={!spared.has(key)}
                  onChange={(event) => onSpare(key, !event.target.checked)}
                />
                <span className="w-20 shrink-0 text-ink-faint">{t(kind)}</span>
                <span className="min-w-0 flex-1 truncate" title={name || id}>
                  {kind === 'buildCache' ? t('cacheOf') : name || `${t('unnamed')} (${shortId(id)})`}
                </span>
                {since !== null && (
                  <span className="shrink-0 text-ink-muted">
                    <Age at={new Date(since).toISOString()} />
                  </span>
                )}
                <span className="w-16 shrink-0 text-right tabular-nums">
                  {size > 0 && format.bytes(size)}
                </span>
              </label>
            </li>
          )
        })}
      </ul>
      {lines.length > shownLines && (
        <p className="text-ink-faint text-xs">{t('more', { count: lines.length - shownLines })}</p>
      )}
    </section>
  )
}

const millis = (at: string | null | undefined) => (at ? Date.parse(at) : null)
const shortId = (id: string) => id.replace('sha256:', '').slice(0, 12)
