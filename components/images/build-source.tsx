'use client'
import { FolderOpen } from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Dropped, droppedFiles } from '#components/files/uploads.ts'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { type FolderContext, readFolder, sentFiles } from './build-context.ts'

export const buildSources = ['folder', 'tar', 'dockerfile', 'remote'] as const
export interface BuildSource {
  kind: (typeof buildSources)[number]
  folder: FolderContext | null
  tar: File | null
  text: string
  url: string
}

const tarName = /\.(tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz)$/i

/** What the image is built from. A drop is taken whichever is chosen: a folder, or one archive. */
export function BuildSourceFields({
  value,
  dockerfile,
  onChange,
}: {
  value: BuildSource
  dockerfile: string
  onChange(change: Partial<BuildSource>): void
}) {
  const t = useTranslations('builds')
  const [dragging, setDragging] = useState(false)
  const take = async (dropped: readonly Dropped[]) => {
    const [only] = dropped
    if (dropped.length === 1 && only?.file && tarName.test(only.name) && !only.name.includes('/'))
      onChange({ kind: 'tar', tar: only.file })
    else if (dropped.length > 0) onChange({ kind: 'folder', folder: await readFolder(dropped) })
  }
  const drag = (event: DragEvent, isOver: boolean) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setDragging(isOver)
  }
  return (
    // Drop is one of several ways in: the buttons are for everybody else.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- see above
    <div
      className={cn(
        'flex flex-col gap-3 rounded-md',
        dragging && 'outline-2 outline-accent outline-offset-4',
      )}
      onDragOver={(event) => drag(event, true)}
      onDragLeave={() => setDragging(false)}
      onDrop={(event) => {
        drag(event, false)
        void droppedFiles(event.dataTransfer).then(take)
      }}
    >
      <Segmented
        label={t('source')}
        value={value.kind}
        onValueChange={(kind) => onChange({ kind })}
        options={buildSources.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
        className="max-w-full overflow-x-auto"
      />
      {value.kind === 'folder' && (
        <FolderField folder={value.folder} dockerfile={dockerfile} onTake={(files) => void take(files)} />
      )}
      {value.kind === 'tar' && (
        <Field label={t('tar')} hint={t('tarHint')}>
          {(props) => (
            <input
              {...props}
              type="file"
              className="text-xs file:mr-2 file:rounded-md file:border file:border-line-strong file:bg-surface file:px-2 file:py-1 file:text-ink"
              onChange={(event) => onChange({ tar: event.target.files?.[0] ?? null })}
            />
          )}
        </Field>
      )}
      {value.kind === 'tar' && value.tar && <p className="text-ink-muted text-xs">{value.tar.name}</p>}
      {value.kind === 'dockerfile' && (
        <Field label={t('text')} hint={t('textHint')}>
          {(props) => (
            <Textarea
              {...props}
              rows={8}
              spellCheck={false}
              className="font-mono text-xs"
              value={value.text}
              onChange={(event) => onChange({ text: event.target.value })}
            />
          )}
        </Field>
      )}
      {value.kind === 'remote' && (
        <Field label={t('url')} hint={t('urlHint')}>
          {(props) => (
            <Input
              {...props}
              value={value.url}
              placeholder="https://git.example/team/app.git#main:docker"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => onChange({ url: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  )
}

function FolderField({
  folder,
  dockerfile,
  onTake,
}: {
  folder: FolderContext | null
  dockerfile: string
  onTake(files: readonly Dropped[]): void
}) {
  const t = useTranslations('builds')
  const format = useFormat()
  const chooser = useRef<HTMLInputElement>(null)
  const sent = folder && sentFiles(folder, dockerfile)
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-md border border-dashed px-4 py-3">
      <Button onClick={() => chooser.current?.click()}>
        <FolderOpen aria-hidden /> {t('chooseFolder')}
      </Button>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label={t('chooseFolder')}
        {...{ webkitdirectory: '' }}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          onTake(files.map((file) => ({ name: file.webkitRelativePath || file.name, file })))
          event.target.value = ''
        }}
      />
      <p aria-live="polite" className="min-w-0 flex-1 text-ink-muted text-xs">
        {folder && sent
          ? t('folderSummary', {
              name: folder.name,
              count: sent.files.length,
              bytes: format.bytes(sent.files.reduce((sum, { file }) => sum + file.size, 0)),
              ignored: folder.files.length - sent.files.length,
              rules: sent.rules,
            })
          : t('folderHint')}
        {sent?.wrongLine && (
          <span className="block text-danger">{t('ignoreWrong', { line: sent.wrongLine })}</span>
        )}
      </p>
    </div>
  )
}
