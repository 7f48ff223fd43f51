'use client'
import { useMutation } from '@tanstack/react-query'
import { Pause, Pin, PinOff, Play, Rocket, RotateCw, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { usePermission, useSession } from '#components/data/use-session.ts'
import { Age } from '#components/ui/age.tsx'
import { Badge } from '#components/ui/badge.tsx'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { toast } from '#components/ui/toast.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { ListedArchive } from '#lib/contracts/archives.ts'
import { type LocalUpload, pauseUpload, resumeUpload } from './uploads.ts'

/** One archive, or an upload that the server has not listed yet. */
export function ArchiveRow({
  archive,
  upload,
  isOpen = false,
  onOpen,
  onLoad,
  onGoOn,
  onChanged,
  onRemove,
  onForget,
}: {
  archive?: ListedArchive
  upload?: LocalUpload | undefined
  isOpen?: boolean
  onOpen?(): void
  onLoad?(): void
  onGoOn?(): void
  onChanged?(): void
  onRemove?(): void
  onForget?(): void
}) {
  const t = useTranslations('archives')
  const format = useFormat()
  const mayLoad = usePermission('images.load')
  const mayEdit = usePermission('archives.edit')
  const name = archive?.name ?? upload?.name ?? ''
  const size = archive?.size ?? upload?.size ?? 0
  const canLoad = archive && ['uploading', 'checking', 'ready'].includes(archive.state)
  return (
    <li className={cn('border-b px-3 py-2 last:border-b-0', isOpen && 'bg-accent-soft')}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <button
          type="button"
          className="min-w-0 flex-1 text-left max-md:basis-full"
          onClick={onOpen}
          disabled={!onOpen}
        >
          <span className="flex items-center gap-2">
            <span className="truncate font-medium">{name}</span>
            {archive?.kept && <Pin aria-label={t('kept')} className="size-3.5 shrink-0 text-ink-faint" />}
          </span>
          {archive && <Contents archive={archive} />}
        </button>
        <span className="flex shrink-0 flex-col text-ink-faint text-xs max-md:flex-1 md:items-end">
          <span className="text-ink tabular-nums">{format.bytes(size)}</span>
          {archive && (
            <span>
              {archive.userName}, <Age at={archive.createdAt} ago />
            </span>
          )}
        </span>
        <span className="flex shrink-0 items-center gap-1">
          {canLoad && mayLoad && onLoad && (
            <Button size="sm" onClick={onLoad} aria-label={`${t('load')}: ${name}`}>
              <Rocket aria-hidden /> {t('load')}
            </Button>
          )}
          {archive?.state === 'ready' && mayEdit && (
            <Keep archive={archive} {...(onChanged ? { onChanged } : {})} />
          )}
          {(onRemove ? mayEdit : onForget) && (
            <IconButton
              size="sm"
              label={`${t('remove')}: ${name}`}
              icon={<Trash2 />}
              onClick={onRemove ?? onForget}
            />
          )}
        </span>
      </div>
      <Progress
        {...(archive ? { archive } : {})}
        {...(upload ? { upload } : {})}
        {...(onGoOn ? { onGoOn } : {})}
      />
    </li>
  )
}

function Keep({ archive, onChanged }: { archive: ListedArchive; onChanged?(): void }) {
  const t = useTranslations('archives')
  const errorText = useErrorText()
  const keep = useMutation({
    mutationFn: () =>
      api.patch('/api/archives/:archiveId', {
        params: { archiveId: archive.id },
        body: { kept: !archive.kept },
      }),
    onSuccess: onChanged,
    onError: (error) => toast.error(errorText(error).sentence),
  })
  return (
    <IconButton
      size="sm"
      label={`${archive.kept ? t('unkeep') : t('keep')}: ${archive.name}`}
      icon={archive.kept ? <PinOff /> : <Pin />}
      disabled={keep.isPending}
      onClick={() => keep.mutate()}
    />
  )
}

/** What is in it, as far as it is known. */
function Contents({ archive }: { archive: ListedArchive }) {
  const t = useTranslations('archives')
  const format = useFormat()
  const errorText = useErrorText()
  const { kind, names, platforms } = archive.summary
  if (archive.state === 'refused') {
    const problem = errorText(archive.error)
    return (
      <span className="wrap-anywhere block text-danger text-xs">
        {[problem.sentence, problem.remedy, problem.detail].filter(Boolean).join(' ')}
      </span>
    )
  }
  if (archive.state === 'duplicate')
    return <span className="block text-ink-muted text-xs">{t('duplicate')}</span>
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-ink-muted text-xs">
      {kind && <Badge>{t(`kind.${kind}`)}</Badge>}
      {names.slice(0, 3).map((name) => (
        <code key={name} className="max-w-full truncate">
          {name}
        </code>
      ))}
      {names.length > 3 && <span>{t('moreNames', { count: names.length - 3 })}</span>}
      {platforms.length > 0 && <span>{platforms.join(', ')}</span>}
      {archive.expiresAt && (
        <span className="text-ink-faint">{t('until', { date: format.date(archive.expiresAt) })}</span>
      )}
    </span>
  )
}

function Progress({
  archive,
  upload,
  onGoOn,
}: {
  archive?: ListedArchive
  upload?: LocalUpload
  onGoOn?(): void
}) {
  const t = useTranslations('archives')
  const format = useFormat()
  const errorText = useErrorText()
  const { user } = useSession()
  const size = archive?.size ?? upload?.size ?? 1
  if (archive?.state === 'checking') return <p className="mt-1 text-ink-muted text-xs">{t('checking')}</p>
  if (archive && archive.state !== 'uploading') return null
  const sent = upload?.state === 'sending' ? upload.sent : (archive?.received ?? upload?.sent ?? 0)
  const problem = upload?.state === 'failed' ? errorText(upload.error) : null
  let action: ReactNode = null
  if (upload?.state === 'sending')
    action = (
      <Button size="sm" onClick={() => pauseUpload(upload.fingerprint)}>
        <Pause aria-hidden /> {t('pause')}
      </Button>
    )
  else if (upload?.state === 'paused')
    action = (
      <Button size="sm" onClick={() => resumeUpload(upload.fingerprint)}>
        <Play aria-hidden /> {t('goOn')}
      </Button>
    )
  else if (archive && archive.userId === user.id && archive.fingerprint && onGoOn)
    action = (
      <Button size="sm" onClick={onGoOn}>
        <RotateCw aria-hidden /> {t('goOnWithFile')}
      </Button>
    )
  return (
    <div className="mt-1 flex flex-wrap items-center gap-2 text-xs">
      <progress
        aria-label={t('uploadOf', { name: archive?.name ?? upload?.name ?? '' })}
        value={sent}
        max={size}
        className="h-1 min-w-24 flex-1"
      />
      <span className="shrink-0 text-ink-muted tabular-nums">
        {t('sent', { sent: format.bytes(sent), size: format.bytes(size) })}
      </span>
      {!upload && archive?.userId === user.id && <span className="text-ink-muted">{t('standsStill')}</span>}
      {action}
      {problem && (
        <p role="alert" className="w-full text-danger">
          {[problem.sentence, problem.remedy, problem.detail].filter(Boolean).join(' ')}
        </p>
      )}
    </div>
  )
}
