'use client'
import { useQueryClient } from '@tanstack/react-query'
import { Download, FolderPlus, RotateCw, Upload as UploadIcon } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { type DragEvent, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { apiUrl } from '#components/data/api.ts'
import { useMayWith } from '#components/data/use-session.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { toast } from '#components/ui/toast.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { FileEntry } from '#lib/contracts/files.ts'
import { FileList } from './file-list.tsx'
import { contentUrl, FilePreview, previewQuery } from './file-preview.tsx'
import { NewFolderDialog } from './new-folder-dialog.tsx'
import { joinPath, PathBar, parentOf } from './path-bar.tsx'
import { UploadList } from './upload-list.tsx'
import { type UploadPlace, uploads, useUploadsInto } from './upload-store.ts'
import { type Dropped, droppedFiles, type Overwritten, overwritten } from './uploads.ts'
import { containerKey, filesChanged, useFilesRevision, useFolder } from './use-folder.ts'

interface Batch {
  place: UploadPlace
  files: readonly Dropped[]
  items: readonly Overwritten[]
  /** The folder was known to its end. */
  isSure: boolean
}

/** A folder of the container beside a file of it. Where one is, is in the link. */
export function FilesView({ container, stale }: { container: Container; stale: boolean }) {
  const t = useTranslations('files')
  const format = useFormat()
  const may = useMayWith(container)
  const mayWrite = may('containers.files.write') && !stale
  const ref = { hostId: container.hostId, containerId: container.id }
  const key = containerKey(ref)
  const [path, setPath] = useQueryState(
    'path',
    parseAsString.withDefault('/').withOptions({ history: 'push' }),
  )
  const [file, setFile] = useQueryState('file', parseAsString)
  const [filter, setFilter] = useState('')
  const [making, setMaking] = useState(false)
  const [dragging, setDragging] = useState(false)
  /** What was dropped and overwrites something, one drop after another. */
  const [asking, setAsking] = useState<readonly Batch[]>([])
  const chooser = useRef<HTMLInputElement>(null)
  const clicks = useRef(0)
  const queryClient = useQueryClient()
  const sending = useUploadsInto(key)
  const revision = useFilesRevision(key)
  const folder = useFolder(ref, path, !stale)
  const again = () => filesChanged(key)
  const byName = useMemo(() => new Map(folder.entries.map((entry) => [entry.name, entry])), [folder.entries])
  const open = (next: string) => {
    setFilter('')
    clicks.current++
    void setFile(null)
    void setPath(next)
  }
  const choose = async (entry: FileEntry) => {
    const at = joinPath(path, entry.name)
    if (entry.kind === 'directory') return open(at)
    const click = ++clicks.current
    // A list does not say what a link leads to. What fails is shown as a file's failure.
    const isFolder =
      entry.kind === 'symlink' &&
      (await queryClient.fetchQuery({ ...previewQuery(ref, at, revision), retry: false }).then(
        ({ kind }) => kind === 'directory',
        () => false,
      ))
    if (click !== clicks.current) return
    if (isFolder) open(at)
    else await setFile(at)
  }
  const take = (files: readonly Dropped[]) => {
    if (files.length === 0) return
    const place = { container: ref, containerName: container.name, path, owner: folder.owner }
    // Of a folder that was not read to its end one can't know.
    const isSure = folder.readAt !== null && folder.state !== 'cut'
    const batch = { place, files, isSure, items: overwritten(files, byName) }
    if (batch.items.length > 0 || !isSure) setAsking((before) => [...before, batch])
    else uploads.start(place, files)
  }
  const [asked] = asking
  const drag = (event: DragEvent, isOver: boolean) => {
    if (!mayWrite || !event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setDragging(isOver)
  }
  return (
    // Drop is one of three ways in: the buttons are for everybody else.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- see above
    <div
      className={cn('fill relative gap-2 p-3', dragging && 'outline-2 outline-accent -outline-offset-2')}
      onDragOver={(event) => drag(event, true)}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false)
      }}
      onDrop={(event) => {
        drag(event, false)
        if (!mayWrite) return
        droppedFiles(event.dataTransfer).then(take, (error: Error) =>
          toast.error(t('dropUnreadable'), { description: error.message }),
        )
      }}
    >
      <div className="flex shrink-0 flex-wrap items-center gap-2">
        <PathBar path={path} onOpen={open} />
        <Input
          type="search"
          className="h-8 max-w-44"
          aria-label={t('filter')}
          placeholder={t('filter')}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <IconButton label={t('again')} icon={<RotateCw />} disabled={stale} onClick={again} />
        {mayWrite && (
          <>
            <Button size="sm" onClick={() => chooser.current?.click()}>
              <UploadIcon aria-hidden /> {t('uploadButton')}
            </Button>
            <input
              ref={chooser}
              type="file"
              multiple
              hidden
              aria-label={t('uploadButton')}
              onChange={(event) => {
                take([...(event.target.files ?? [])].map((chosen) => ({ name: chosen.name, file: chosen })))
                event.target.value = ''
              }}
            />
            <Button size="sm" onClick={() => setMaking(true)}>
              <FolderPlus aria-hidden /> {t('newFolder')}
            </Button>
          </>
        )}
        <Button asChild size="sm">
          <a
            href={apiUrl('GET /api/hosts/:hostId/containers/:containerId/files/archive', {
              params: ref,
              query: { path },
            })}
            download
          >
            <Download aria-hidden /> {t('downloadFolder')}
          </a>
        </Button>
      </div>
      <UploadList container={key} list={sending} />
      {folder.state === 'failed' && <ErrorNote error={folder.error} onRetry={again} />}
      {folder.state === 'cut' && <p className="text-caution text-xs">{t('cut')}</p>}
      <div className={cn('grid min-h-0 flex-1 gap-3', file !== null && 'lg:grid-cols-2')}>
        <FileList
          entries={folder.entries}
          filter={filter}
          isReading={folder.state === 'reading'}
          opened={file}
          path={path}
          onChoose={(entry) => void choose(entry)}
          onUp={path === '/' ? null : () => open(parentOf(path))}
          contentUrl={(name) => contentUrl(ref, joinPath(path, name))}
        />
        {file !== null && (
          <FilePreview
            key={file}
            container={ref}
            path={file}
            revision={revision}
            onOpenFolder={() => open(file)}
            onClose={() => void setFile(null)}
          />
        )}
      </div>
      <div className="shrink-0 text-ink-faint text-xs">
        <span aria-live="polite">
          {folder.state === 'reading'
            ? t('reading', { bytes: format.bytes(folder.walked) })
            : t('count', { count: folder.entries.length })}
        </span>{' '}
        {folder.state !== 'reading' &&
          folder.readAt &&
          t.rich('readAt', { age: () => <Age key="age" at={folder.readAt} ago className="min-w-0" /> })}
        {mayWrite && ` ${t('dropHint')}`}
      </div>
      {making && (
        <NewFolderDialog
          container={ref}
          folder={folder}
          onClose={() => setMaking(false)}
          onDone={() => {
            setMaking(false)
            again()
          }}
        />
      )}
      <ConfirmDialog
        open={asked !== undefined}
        onOpenChange={(isOpen) => !isOpen && setAsking((before) => before.slice(1))}
        title={t('overwriteTitle')}
        description={
          asked &&
          [
            !asked.isSure && t('overwriteUnknown', { path: asked.place.path }),
            asked.items.length > 0 && t(asked.place.owner ? 'overwriteText' : 'overwriteTextRoot'),
          ]
            .filter(Boolean)
            .join(' ')
        }
        items={(asked?.items ?? []).map(({ name, kind }) => ({
          key: name,
          name,
          note: kind === 'folder' ? t('overwriteInside') : undefined,
        }))}
        confirmLabel={asked && asked.items.length === 0 ? t('uploadAnyway') : t('overwrite')}
        onConfirm={() => {
          if (asked) uploads.start(asked.place, asked.files)
        }}
      />
    </div>
  )
}
