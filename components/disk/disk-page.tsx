'use client'
import { Eraser, HardDrive, RotateCw } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useLoaded } from '#components/data/use-live.ts'
import { useMay, usePartlySeen } from '#components/data/use-session.ts'
import { UnreadNote } from '#components/object-list/unread-note.tsx'
import { PageHeader } from '#components/page/page-header.tsx'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Disk } from '#lib/contracts/disk.ts'
import { prunePermissions } from './prune-choice.ts'
import { type HostDisk, useDisks } from './use-disks.ts'

const PruneDialog = dynamic(() => import('./prune-dialog.tsx').then((module) => module.PruneDialog), {
  ssr: false,
})

const kinds = ['images', 'containers', 'volumes', 'buildCache'] as const

/** Kinds whose lists the figures and what can be pruned are made of. */
const listed = ['containers', 'images', 'volumes', 'networks'] as const

/** What lies on the hosts' disks, and the way to take away what nothing uses. */
export function DiskPage() {
  const t = useTranslations('disk')
  const loaded = useLoaded()
  const disks = useDisks()
  const [pruning, setPruning] = useState<readonly string[] | null>(null)
  const may = useMay()
  const partly = usePartlySeen(disks.map(({ host }) => host))
  const mayPrune = ({ host }: HostDisk) =>
    Object.values(prunePermissions).some((permission) => may(permission, { hostId: host.id }))
  const prunable = disks.filter(mayPrune)
  const read = prunable.filter(({ disk }) => disk !== undefined)
  if (!loaded) return null
  return (
    <div className="overflow-y-auto">
      <PageHeader
        title={t('title')}
        actions={
          <>
            <Button
              inPreview
              size="sm"
              onClick={() => disks.forEach((one) => one.host.state === 'online' && one.again())}
            >
              <RotateCw aria-hidden /> {t('again')}
            </Button>
            {prunable.length > 0 && (
              <Button
                size="sm"
                variant="primary"
                disabled={read.length === 0}
                onClick={() => setPruning(read.map(({ host }) => host.id))}
              >
                <Eraser aria-hidden /> {t('prune')}
              </Button>
            )}
          </>
        }
      />
      {disks.length === 0 ? (
        <EmptyState icon={<HardDrive />} title={t('none')}>
          {t('noneText')}
        </EmptyState>
      ) : (
        <div className="px-4 pb-10 md:px-5">
          <p className="mb-3 max-w-prose text-ink-muted">
            {t('intro')} {partly.length > 0 && t('part')}
          </p>
          <div className="-mx-4 flex flex-col md:-mx-5">
            {listed.map((kind) => (
              <UnreadNote key={kind} kind={kind} />
            ))}
          </div>
          <div className="relative overflow-x-auto rounded-lg border bg-surface">
            <table className="w-full min-w-160 text-left">
              <thead className="border-b text-ink-muted text-xs">
                <tr>
                  <th className="px-3 py-2 font-medium">{t('host')}</th>
                  {kinds.map((kind) => (
                    <th key={kind} className="px-3 py-2 text-right font-medium">
                      {t(kind)}
                    </th>
                  ))}
                  <th className="px-3 py-2 text-right font-medium">{t('reclaimable')}</th>
                  <th>
                    <span className="sr-only">{t('prune')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {disks.map((one) => (
                  <HostRow
                    key={one.host.id}
                    one={one}
                    {...(mayPrune(one) ? { onPrune: () => setPruning([one.host.id]) } : {})}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
      {pruning && (
        <PruneDialog
          disks={disks.filter(({ host }) => pruning.includes(host.id))}
          onClose={() => setPruning(null)}
        />
      )}
    </div>
  )
}

export function reclaimableOf({ usage }: Disk): number {
  return kinds.reduce((sum, kind) => sum + (usage[kind]?.reclaimable ?? 0), 0)
}

function HostRow({
  one: { host, disk, readAt, isAsking, error, again },
  onPrune,
}: {
  one: HostDisk
  onPrune?(): void
}) {
  const t = useTranslations('disk')
  const format = useFormat()
  const errorText = useErrorText()
  const isOld = disk !== undefined && (error !== null || host.state !== 'online')
  return (
    <tr className="border-b last:border-b-0">
      <th scope="row" className="max-w-48 break-words px-3 py-2 font-normal">
        {host.name}
        {isOld && (
          <span className="block text-caution text-xs">
            {t.rich('old', {
              error: host.state === 'online' ? errorText(error).sentence : t('away'),
              age: () => <Age at={readAt} />,
            })}
          </span>
        )}
      </th>
      {disk ? (
        <>
          {kinds.map((kind) => {
            const usage = disk.usage[kind]
            return (
              <td key={kind} className="whitespace-nowrap px-3 py-2 text-right tabular-nums">
                {usage === null ? (
                  <span className="text-ink-faint">–</span>
                ) : (
                  <>
                    {format.bytes(usage.size)}
                    <span className="ml-1.5 inline-block min-w-6 text-ink-faint text-xs">{usage.count}</span>
                  </>
                )}
              </td>
            )
          })}
          <td className="whitespace-nowrap px-3 py-2 text-right font-medium tabular-nums">
            {format.bytes(reclaimableOf(disk))}
          </td>
        </>
      ) : (
        <td colSpan={5} className="px-3 py-2 text-ink-muted">
          {host.state !== 'online'
            ? t('away')
            : isAsking
              ? t('asking')
              : error
                ? errorText(error).sentence
                : t('asking')}
        </td>
      )}
      <td className="whitespace-nowrap px-2 py-1 text-right">
        <IconButton
          inPreview
          size="sm"
          label={`${t('again')}: ${host.name}`}
          icon={<RotateCw className={isAsking ? 'animate-spin' : undefined} />}
          disabled={host.state !== 'online' || isAsking}
          onClick={again}
        />
        {onPrune && (
          <IconButton
            size="sm"
            label={`${t('prune')} ${host.name}`}
            icon={<Eraser />}
            disabled={!disk}
            onClick={onPrune}
          />
        )}
      </td>
    </tr>
  )
}
