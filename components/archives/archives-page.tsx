'use client'
import { FolderTree, Package, Settings, Terminal, Upload } from 'lucide-react'
import dynamic from 'next/dynamic'
import { parseAsString, useQueryState } from 'nuqs'
import { type DragEvent, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { usePermission } from '#components/data/use-session.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { ListFilter } from '#components/ui/list-filter.tsx'
import { toast } from '#components/ui/toast.tsx'
import { useFirst } from '#components/ui/use-first.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { ListedArchive } from '#lib/contracts/archives.ts'
import { matchesWords } from '#lib/words.ts'
import { ArchiveDrawer } from './archive-drawer.tsx'
import { ArchiveRow } from './archive-row.tsx'
import { fingerprintOf, forgetUpload, sendArchive, useUploads } from './uploads.ts'
import { useLibrary } from './use-library.ts'

const LoadDialog = dynamic(() => import('./load-dialog.tsx').then((module) => module.LoadDialog), {
  ssr: false,
})
const CurlDialog = dynamic(() => import('./curl-dialog.tsx').then((module) => module.CurlDialog), {
  ssr: false,
})
const LibrarySettings = dynamic(
  () => import('./library-settings.tsx').then((module) => module.LibrarySettings),
  { ssr: false },
)

/** Archives that are found by looking; from more on there is a filter. */
const fewArchives = 10

/** Archives of images on this server: dropped in, looked at while they arrive, and loaded on any number of hosts. */
export function ArchivesPage() {
  const t = useTranslations('archives')
  const library = useLibrary()
  const uploads = useUploads()
  const mayUpload = usePermission('archives.upload')
  const mayEdit = usePermission('archives.edit')
  const [opened, setOpened] = useQueryState('archive', parseAsString)
  const [loading, setLoading] = useState<ListedArchive | null>(null)
  const [removing, setRemoving] = useState<ListedArchive | null>(null)
  const [dialog, setDialog] = useState<'curl' | 'settings' | null>(null)
  const [isOver, setIsOver] = useState(false)
  const picker = useRef<HTMLInputElement>(null)
  /** The upload that the next chosen file has to be, and whether it is the files of a system. */
  const wanted = useRef<{ archive: ListedArchive | null; isRootfs: boolean }>({
    archive: null,
    isRootfs: false,
  })
  const archives = library.data?.archives ?? []
  const [filter, setFilter] = useQueryState('filter', parseAsString.withDefault(''))
  const [shown, more] = useFirst(
    archives.filter(({ name, userName, digest, summary }) =>
      matchesWords(filter, [name, userName, digest, ...summary.names, ...summary.platforms]),
    ),
  )

  const send = (files: Iterable<File>, isRootfs = false) => {
    for (const file of files) {
      if (file.size === 0) toast.error(t('emptyFile', { name: file.name }))
      else sendArchive(file, isRootfs, archives, library.again)
    }
  }
  const pick = (archive: ListedArchive | null, isRootfs = archive?.isRootfs ?? false) => {
    wanted.current = { archive, isRootfs }
    picker.current?.click()
  }
  const picked = (files: FileList | null) => {
    const { archive, isRootfs } = wanted.current
    const other =
      archive && [...(files ?? [])].some((file) => fingerprintOf(file, isRootfs) !== archive.fingerprint)
    if (other) toast.error(t('otherFile', { name: archive.name }))
    else send(files ?? [], isRootfs)
  }
  const dropped = (event: DragEvent) => {
    event.preventDefault()
    setIsOver(false)
    send(event.dataTransfer.files)
  }
  const over = (event: DragEvent) => {
    if (!mayUpload || !event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setIsOver(true)
  }
  const upload = (
    <Button size="sm" variant="primary" onClick={() => pick(null)}>
      <Upload aria-hidden /> {t('upload')}
    </Button>
  )
  const uploadRootfs = (
    <Button size="sm" title={t('uploadRootfsHint')} onClick={() => pick(null, true)}>
      <FolderTree aria-hidden /> {t('uploadRootfs')}
    </Button>
  )
  const curl = (
    <Button size="sm" onClick={() => setDialog('curl')}>
      <Terminal aria-hidden /> {t('curl')}
    </Button>
  )
  const current = archives.find(({ id }) => id === opened)
  // Between the first byte and the server's next list an upload is known only here.
  const unlisted = uploads.filter(({ archiveId }) => !archives.some(({ id }) => id === archiveId))
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a way beside the button
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onDragOver={over}
      onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node) && setIsOver(false)}
      onDrop={dropped}
    >
      <PageHeader
        title={t('title')}
        actions={
          <>
            {mayEdit && (
              <IconButton label={t('settings')} icon={<Settings />} onClick={() => setDialog('settings')} />
            )}
            {mayUpload && archives.length + uploads.length > 0 && (
              <>
                {curl}
                {uploadRootfs}
                {upload}
              </>
            )}
          </>
        }
      />
      <input
        ref={picker}
        type="file"
        multiple
        aria-label={t('upload')}
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          picked(event.target.files)
          event.target.value = ''
        }}
      />
      {library.error && !library.data && (
        <ErrorNote error={library.error} onRetry={() => void library.refetch()} />
      )}
      {library.data && archives.length + uploads.length === 0 && (
        <EmptyState
          icon={<Package />}
          title={t('empty')}
          action={
            mayUpload && (
              <>
                {upload}
                {uploadRootfs}
                {curl}
              </>
            )
          }
        >
          {mayUpload ? t('emptyText') : t('emptyForReaders')}
        </EmptyState>
      )}
      {library.data && archives.length + uploads.length > 0 && (
        <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-10 md:px-5">
          <Room
            used={library.data.usedBytes}
            free={library.data.freeBytes}
            quota={library.data.settings.quotaBytes}
          />
          {(archives.length > fewArchives || filter !== '') && (
            <ListFilter
              className="mb-3"
              label={t('filter')}
              value={filter}
              onChange={(next) => void setFilter(next)}
            />
          )}
          <ul aria-label={t('title')} className="rounded-lg border bg-surface">
            {unlisted.map((one) => (
              <ArchiveRow key={one.fingerprint} upload={one} onForget={() => forgetUpload(one.fingerprint)} />
            ))}
            {shown.map((archive) => (
              <ArchiveRow
                key={archive.id}
                archive={archive}
                upload={uploads.find(({ archiveId }) => archiveId === archive.id)}
                isOpen={archive.id === opened}
                onOpen={() => void setOpened(archive.id)}
                onLoad={() => setLoading(archive)}
                onGoOn={() => pick(archive)}
                onChanged={library.again}
                onRemove={() => setRemoving(archive)}
              />
            ))}
            {shown.length + unlisted.length === 0 && (
              <li className="px-3 py-4 text-ink-muted">{t('noneMatches')}</li>
            )}
          </ul>
          {more && <div className="mt-3">{more}</div>}
        </div>
      )}
      {isOver && (
        <div className="pointer-events-none absolute inset-3 z-20 grid place-items-center rounded-lg border-2 border-accent border-dashed bg-surface/90">
          <span className="font-medium">{t('drop')}</span>
        </div>
      )}
      {opened && (
        <ArchiveDrawer
          archive={current}
          isKnown={library.data !== undefined}
          onClose={() => void setOpened(null)}
          onLoad={setLoading}
          onRemove={setRemoving}
        />
      )}
      {loading && <LoadDialog archive={loading} onClose={() => setLoading(null)} />}
      {dialog === 'curl' && <CurlDialog onClose={() => setDialog(null)} />}
      {dialog === 'settings' && library.data && (
        <LibrarySettings
          settings={library.data.settings}
          onClose={() => setDialog(null)}
          onSaved={library.again}
        />
      )}
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={t('removeTitle', { name: removing?.name ?? '' })}
        description={t('removeText')}
        confirmLabel={t('remove')}
        onConfirm={async () => {
          if (!removing) return
          const local = uploads.find(({ archiveId }) => archiveId === removing.id)
          if (local) forgetUpload(local.fingerprint)
          await api.delete('/api/archives/:archiveId', { params: { archiveId: removing.id } })
          if (opened === removing.id) void setOpened(null)
          library.again()
        }}
      />
    </div>
  )
}

/** What the library takes and what may still come. */
function Room({ used, free, quota }: { used: number; free: number; quota: number | null }) {
  const t = useTranslations('archives')
  const format = useFormat()
  const most = quota === null ? used + free : Math.min(quota, used + free)
  return (
    <p className="mb-3 flex flex-wrap items-center gap-x-3 text-ink-muted text-xs">
      <span>
        {quota === null
          ? t('room', { used: format.bytes(used), free: format.bytes(free) })
          : t('roomOfQuota', { used: format.bytes(used), quota: format.bytes(quota) })}
      </span>
      <progress aria-hidden value={used} max={Math.max(most, 1)} className="h-1 w-40" />
    </p>
  )
}
