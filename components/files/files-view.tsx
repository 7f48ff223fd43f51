'use client'
import { Download, FolderPlus, RotateCw, Upload as UploadIcon } from 'lucide-react'
import { parseAsString, useQueryState } from 'nuqs'
import { type DragEvent, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { apiUrl } from '#components/data/api.ts'
import { useSession } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { FileEntry } from '#lib/contracts/files.ts'
import { FileList } from './file-list.tsx'
import { FilePreview } from './file-preview.tsx'
import { NewFolderDialog } from './new-folder-dialog.tsx'
import { joinPath, PathBar, parentOf } from './path-bar.tsx'
import { UploadList } from './upload-list.tsx'
import { type Dropped, droppedFiles } from './uploads.ts'
import { forgetFolder, useFolder } from './use-folder.ts'
import { useUploads } from './use-uploads.ts'

/** A folder of the container beside a file of it. Where one is, is in the link. */
export function FilesView({ container, stale }: { container: Container; stale: boolean }) {
  const t = useTranslations('files')
  const format = useFormat()
  const { permissions } = useSession()
  const mayWrite = permissions.includes('containers.files.write') && !stale
  const base = `/api/hosts/${container.hostId}/containers/${container.id}` as const
  const [path, setPath] = useQueryState(
    'path',
    parseAsString.withDefault('/').withOptions({ history: 'push' }),
  )
  const [file, setFile] = useQueryState('file', parseAsString)
  const [revision, setRevision] = useState(0)
  const [filter, setFilter] = useState('')
  const [making, setMaking] = useState(false)
  const [dragging, setDragging] = useState(false)
  const [overwriting, setOverwriting] = useState<readonly Dropped[] | null>(null)
  const chooser = useRef<HTMLInputElement>(null)
  const folder = useFolder(base, path, revision, !stale)
  const again = () => {
    forgetFolder(base, path)
    setRevision(revision + 1)
  }
  const uploads = useUploads(base, folder, again)
  const byName = useMemo(() => new Map(folder.entries.map((entry) => [entry.name, entry])), [folder.entries])
  const open = (next: string) => {
    setFilter('')
    setRevision(0)
    void setFile(null)
    void setPath(next)
  }
  const choose = (entry: FileEntry) => {
    const at = joinPath(path, entry.name)
    if (entry.kind === 'directory') open(at)
    else void setFile(at)
  }
  const take = (dropped: readonly Dropped[]) => {
    if (dropped.length === 0) return
    if (dropped.some(({ name }) => byName.has(name))) setOverwriting(dropped)
    else uploads.start(dropped, byName)
  }
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
        if (mayWrite) void droppedFiles(event.dataTransfer).then(take)
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
          <a href={apiUrl(`${base}/files/archive`, { path })} download>
            <Download aria-hidden /> {t('downloadFolder')}
          </a>
        </Button>
      </div>
      <UploadList uploads={uploads} />
      {folder.state === 'failed' && <ErrorNote error={folder.error} onRetry={again} />}
      {folder.state === 'cut' && <p className="text-caution text-xs">{t('cut')}</p>}
      <div className={cn('grid min-h-0 flex-1 gap-3', file !== null && 'lg:grid-cols-2')}>
        <FileList
          entries={folder.entries}
          filter={filter}
          isReading={folder.state === 'reading'}
          opened={file}
          path={path}
          onChoose={choose}
          onUp={path === '/' ? null : () => open(parentOf(path))}
          contentUrl={(name) => apiUrl(`${base}/files/content`, { path: joinPath(path, name) })}
        />
        {file !== null && (
          <FilePreview key={file} base={base} path={file} onClose={() => void setFile(null)} />
        )}
      </div>
      <p aria-live="polite" className="shrink-0 text-ink-faint text-xs">
        {folder.state === 'reading'
          ? t('reading', { bytes: format.bytes(folder.walked) })
          : t('count', { count: folder.entries.length })}
        {mayWrite && ` ${t('dropHint')}`}
      </p>
      {making && (
        <NewFolderDialog
          base={base}
          folder={folder}
          onClose={() => setMaking(false)}
          onDone={() => {
            setMaking(false)
            again()
          }}
        />
      )}
      <ConfirmDialog
        open={overwriting !== null}
        onOpenChange={(isOpen) => !isOpen && setOverwriting(null)}
        title={t('overwriteTitle')}
        description={t(folder.owner ? 'overwriteText' : 'overwriteTextRoot')}
        items={(overwriting ?? [])
          .filter(({ name }) => byName.has(name))
          .map(({ name }) => ({ key: name, name }))}
        confirmLabel={t('overwrite')}
        onConfirm={() => {
          if (overwriting) uploads.start(overwriting, byName)
        }}
      />
    </div>
  )
}
