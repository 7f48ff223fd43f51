'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, fieldErrors } from '#components/data/api.ts'
import { useFleet } from '#components/data/use-live.ts'
import { HostPicker } from '#components/hosts/host-picker.tsx'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Select } from '#components/ui/select.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import type { ListedArchive, LoadInput } from '#lib/contracts/archives.ts'
import type { TaskOptions } from '#lib/contracts/tasks.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { splitShellWords } from '#lib/shell-words.ts'
import { useArchive } from './use-library.ts'

const ways = ['keep', 'add', 'rename'] as const
/** Hosts at a time: each goes at its own pace, and none waits for another's. */
const mostAtOnce = 50

/** Sends an archive to hosts, also while it arrives. */
export function LoadDialog({ archive, onClose }: { archive: ListedArchive; onClose(): void }) {
  const t = useTranslations('archives')
  const common = useTranslations('common')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [names, setNames] = useState<(typeof ways)[number]>('keep')
  const [typed, setTyped] = useState('')
  const [only, setOnly] = useState('')
  const [platforms, setPlatforms] = useState<Readonly<Record<string, string>>>({})
  const [command, setCommand] = useState('')
  const [env, setEnv] = useState('')
  const { summary } = archive
  const isRootfs = summary.kind === 'rootfs'
  const references = lines(typed)
  const wrong = references.find((reference) => parseImageRef(reference) === null)
  const needsNames = isRootfs || names !== 'keep'
  const ready = chosen.size > 0 && (!needsNames || (references.length > 0 && wrong === undefined))
  const images = useArchive(archive).data?.contents?.images ?? []
  const named = new Map(images.map((image) => [image.names[0] ?? image.configDigest, image]))
  const start = useMutation({
    mutationFn: (body: LoadInput & Partial<TaskOptions>) => api.post('/api/archives/load', { body }),
    onSuccess(task) {
      taskStore.put(task)
      openTray()
      onClose()
    },
  })
  const submit = () => {
    if (!ready) return
    start.mutate({
      archiveId: archive.id,
      hostIds: [...chosen],
      width: Math.min(mostAtOnce, chosen.size),
      ...(isRootfs
        ? {
            references,
            names: 'rename',
            rootfs: { command: splitShellWords(command).words, env: lines(env) },
          }
        : { names, references: names === 'keep' ? [] : references }),
      ...(only ? { only } : {}),
      platforms: Object.fromEntries(
        Object.entries(platforms).filter(([id, value]) => value && chosen.has(id)),
      ),
    })
  }
  const errors = fieldErrors(start.error)
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !start.isPending && onClose()}
      title={t('loadTitle', { name: archive.name })}
      description={archive.state === 'ready' ? t('loadText') : t('loadEarlyText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose} disabled={start.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={!ready}>
            {t('loadOn', { count: chosen.size })}
          </Button>
        </>
      }
    >
      <HostPicker needs="images.load" chosen={chosen} onChange={setChosen} />
      {named.size > 1 && (
        <Field label={t('image')}>
          {(props) => (
            <Select<string>
              {...props}
              value={only}
              onValueChange={setOnly}
              options={[
                { value: '', label: t('allImages', { count: named.size }) },
                ...[...named.keys()].map((name) => ({ value: name, label: name })),
              ]}
            />
          )}
        </Field>
      )}
      {!isRootfs && (
        <div className="flex flex-col gap-1.5">
          <span aria-hidden className="font-medium text-xs">
            {t('names')}
          </span>
          <Segmented
            label={t('names')}
            value={names}
            onValueChange={(way: (typeof ways)[number]) => setNames(way)}
            options={ways.map((value) => ({ value, label: t(`way.${value}`) }))}
          />
        </div>
      )}
      {needsNames && (
        <Field
          label={t('references')}
          hint={t('referencesHint')}
          error={wrong === undefined ? errors.references : t('wrongReference', { reference: wrong })}
        >
          {(props) => (
            <Textarea
              {...props}
              rows={2}
              value={typed}
              placeholder="registry.example/team/app:1.2"
              spellCheck={false}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
      )}
      {isRootfs && (
        <>
          <p className="text-ink-muted">{t('rootfsText')}</p>
          <Field label={t('command')}>
            {(props) => (
              <Input
                {...props}
                value={command}
                placeholder="/bin/sh -c 'exec app'"
                spellCheck={false}
                onChange={(event) => setCommand(event.target.value)}
              />
            )}
          </Field>
          <Field label={t('env')} hint={t('envHint')} error={errors['rootfs.env']}>
            {(props) => (
              <Textarea
                {...props}
                rows={2}
                value={env}
                placeholder="NAME=value"
                spellCheck={false}
                onChange={(event) => setEnv(event.target.value)}
              />
            )}
          </Field>
        </>
      )}
      {summary.platforms.length > 1 && chosen.size > 0 && (
        <Platforms
          chosen={[...chosen]}
          offered={summary.platforms}
          platforms={platforms}
          onChange={setPlatforms}
        />
      )}
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}

/** Each host gets its own platform; another may be chosen where it emulates one. */
function Platforms({
  chosen,
  offered,
  platforms,
  onChange,
}: {
  chosen: readonly string[]
  offered: readonly string[]
  platforms: Readonly<Record<string, string>>
  onChange(platforms: Readonly<Record<string, string>>): void
}) {
  const t = useTranslations('archives')
  const hosts = useFleet((fleet) => fleet.hosts)
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 font-medium text-xs">{t('platforms')}</legend>
      {chosen.map((id) => {
        const host = hosts.get(id)
        const own = host?.engine ? `${host.engine.os}/${host.engine.arch}` : ''
        return (
          <label key={id} htmlFor={`platform-${id}`} className="flex items-center gap-3">
            <span className="min-w-0 flex-1 truncate">{host?.name}</span>
            <Select<string>
              id={`platform-${id}`}
              value={platforms[id] ?? ''}
              onValueChange={(value) => onChange({ ...platforms, [id]: value })}
              options={[
                { value: '', label: t('ownPlatform', { platform: own }) },
                ...offered.map((platform) => ({ value: platform, label: platform })),
              ]}
            />
          </label>
        )
      })}
    </fieldset>
  )
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}
