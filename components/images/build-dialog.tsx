'use client'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { HostPicker } from '#components/hosts/host-picker.tsx'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { notBuilt, readDockerfile } from '#lib/build/dockerfile.ts'
import { parseEnvFile } from '#lib/docker-run/env-file.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { sentFiles } from './build-context.ts'
import { BuildSecretFields, type SecretRow, secretFault } from './build-secrets.tsx'
import { type BuildSource, BuildSourceFields } from './build-source.tsx'
import { useBuild } from './use-build.ts'

const fresh = {
  tags: '',
  dockerfile: '',
  args: '',
  labels: '',
  target: '',
  platform: '',
  noCache: false,
  pull: false,
  allAccounts: false,
}
type Options = typeof fresh

/** Builds an image on several hosts. The context is sent first; from then on it is a task, and the page may close. */
export function BuildDialog({ onClose }: { onClose(): void }) {
  const t = useTranslations('builds')
  const common = useTranslations('common')
  const [source, setSource] = useState<BuildSource>({
    kind: 'folder',
    folder: null,
    tar: null,
    text: '',
    url: '',
  })
  const [options, setOptions] = useState<Options>(fresh)
  const [secrets, setSecrets] = useState<SecretRow[]>([])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const mayHandOutAccounts = usePermission('registries.edit')
  const dockerfile = options.dockerfile.trim() || source.folder?.dockerfiles[0] || 'Dockerfile'
  const tags = options.tags.split(/[\s,]+/).filter(Boolean)
  const wrongTag = tags.find((tag) => parseImageRef(tag)?.digest !== null)
  const args = parseEnvFile(options.args)
  const labels = parseEnvFile(options.labels)
  const found = useDockerfile(source, dockerfile)
  const isMissing =
    source.kind === 'folder' &&
    source.folder !== null &&
    !source.folder.files.some(({ path }) => path === dockerfile)
  const isGiven = {
    folder: source.folder !== null && !isMissing && sentFiles(source.folder, dockerfile).wrongLine === null,
    tar: source.tar !== null,
    dockerfile: source.text.trim() !== '',
    remote: source.url.trim() !== '',
  }[source.kind]
  const isFine =
    !wrongTag &&
    args.wrongLines.length === 0 &&
    labels.wrongLines.length === 0 &&
    secrets.every((row) => secretFault(row, secrets) === null)
  const ready = isGiven && isFine && chosen.size > 0
  const { start, sent, total } = useBuild(onClose)
  const close = () => {
    start.cancel()
    onClose()
  }
  const submit = () => {
    if (!ready || start.isPending) return
    start.mutate({
      source,
      dockerfile,
      secrets,
      input: {
        hostIds: [...chosen],
        tags,
        dockerfile,
        noCache: options.noCache,
        pull: options.pull,
        buildArgs: Object.fromEntries(args.entries.map(({ name, value }) => [name, value])),
        labels: Object.fromEntries(labels.entries.map(({ name, value }) => [name, value])),
        ...(options.target.trim() ? { target: options.target.trim() } : {}),
        ...(options.platform.trim() ? { platform: options.platform.trim() } : {}),
        ...(options.allAccounts ? { allAccounts: true } : {}),
      },
    })
  }
  const set = (change: Partial<Options>) => setOptions({ ...options, ...change })
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && close()}
      title={t('title')}
      description={t('description')}
      onSubmit={submit}
      footer={
        <>
          {start.isPending && total > 0 && <Sending sent={sent} total={total} />}
          <Button onClick={close}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={!ready}>
            {t('submit', { count: chosen.size })}
          </Button>
        </>
      }
    >
      <BuildSourceFields
        value={source}
        dockerfile={dockerfile}
        onChange={(change) => setSource((before) => ({ ...before, ...change }))}
      />
      <Field label={t('tags')} hint={t('tagsHint')} error={wrongTag && t('tagWrong', { tag: wrongTag })}>
        {(props) => (
          <Text
            {...props}
            value={options.tags}
            placeholder="team/app:1.2"
            onChange={(value) => set({ tags: value })}
          />
        )}
      </Field>
      <Pairs
        label={t('args')}
        hint={
          found?.args.length ? t('argsFound', { names: found.args.map(nameOf).join(', ') }) : t('argsHint')
        }
        value={options.args}
        wrongLines={args.wrongLines}
        onChange={(value) => set({ args: value })}
      />
      <details className="rounded-lg border bg-surface">
        <summary className="cursor-pointer px-4 py-2.5 font-medium">{t('options')}</summary>
        <div className="grid gap-3 border-t px-4 py-3 sm:grid-cols-2">
          <Field
            label={t('dockerfile')}
            hint={t('dockerfileHint')}
            error={isMissing && t('dockerfileMissing')}
          >
            {(props) => (
              <Text
                {...props}
                value={options.dockerfile}
                placeholder={dockerfile}
                list="build-dockerfiles"
                onChange={(value) => set({ dockerfile: value })}
              />
            )}
          </Field>
          <Choices id="build-dockerfiles" values={source.folder?.dockerfiles ?? []} />
          <Field label={t('target')} hint={t('targetHint')}>
            {(props) => (
              <Text
                {...props}
                value={options.target}
                list="build-stages"
                onChange={(value) => set({ target: value })}
              />
            )}
          </Field>
          <Choices id="build-stages" values={found?.stages ?? []} />
          <Field label={t('platform')} hint={t('platformHint')}>
            {(props) => (
              <Text
                {...props}
                value={options.platform}
                placeholder="linux/arm64"
                onChange={(value) => set({ platform: value })}
              />
            )}
          </Field>
          <div className="flex flex-col gap-2 pt-5">
            {(['noCache', 'pull'] as const).map((name) => (
              <CheckField key={name} label={t(name)} hint={t(`${name}Hint`)}>
                {(props) => (
                  <Checkbox
                    {...props}
                    checked={options[name]}
                    onChange={(event) => set({ [name]: event.target.checked })}
                  />
                )}
              </CheckField>
            ))}
          </div>
          <div className="sm:col-span-2">
            <Pairs
              label={t('labels')}
              hint={t('argsHint')}
              value={options.labels}
              wrongLines={labels.wrongLines}
              onChange={(value) => set({ labels: value })}
            />
          </div>
          {mayHandOutAccounts && (
            <div className="sm:col-span-2">
              <CheckField label={t('allAccounts')} hint={t('allAccountsHint')}>
                {(props) => (
                  <Checkbox
                    {...props}
                    checked={options.allAccounts}
                    onChange={(event) => set({ allAccounts: event.target.checked })}
                  />
                )}
              </CheckField>
            </div>
          )}
          <div className="sm:col-span-2">
            <BuildSecretFields rows={secrets} onChange={setSecrets} />
          </div>
        </div>
      </details>
      {isMissing && <p className="text-danger text-xs">{t('dockerfileMissingText', { path: dockerfile })}</p>}
      <HostPicker needs="images.build" chosen={chosen} onChange={setChosen} />
      <Limits found={found} chosen={chosen} hasSecrets={secrets.length > 0} />
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}

const nameOf = ({ name, value }: { name: string; value: string | null }) =>
  value === null ? name : `${name}=${value}`

/** The Dockerfile as far as this page sees it: not inside an archive, nor behind an address. */
function useDockerfile(source: BuildSource, path: string) {
  const file =
    source.kind === 'folder' ? source.folder?.files.find((one) => one.path === path)?.file : undefined
  const { data: text } = useQuery({
    queryKey: queryKeys.dockerfile(path, [file?.lastModified, file?.size, source.folder?.name]),
    queryFn: () => (file as File).text(),
    enabled: file !== undefined,
    gcTime: 0,
  })
  if (source.kind === 'dockerfile') return readDockerfile(source.text)
  return file && text !== undefined ? readDockerfile(text) : null
}

/** What the chosen engines cannot do of it, before it begins. */
function Limits({
  found,
  chosen,
  hasSecrets,
}: {
  found: ReturnType<typeof readDockerfile> | null
  chosen: ReadonlySet<string>
  hasSecrets: boolean
}) {
  const t = useTranslations('builds')
  const hosts = useFleet((fleet) => fleet.hosts)
  const engines = [...chosen].flatMap((id) => {
    const host = hosts.get(id)
    return host?.engine ? [{ name: host.name, ...host.engine }] : []
  })
  const refusing = engines.flatMap(({ name, ...engine }) => {
    const lines = (found ? notBuilt(found, engine) : []).map(({ line, feature }) => `${line}: ${feature}`)
    return lines.length > 0 ? [{ name, lines: lines.join(', ') }] : []
  })
  const podmans = engines.filter(({ flavour }) => flavour === 'podman').map(({ name }) => name)
  const names = podmans.join(', ')
  return (
    <div role="status" className="flex flex-col gap-1 text-caution text-xs empty:hidden">
      {refusing.map(({ name, lines }) => (
        <p key={name}>{t('refused', { host: name, lines })}</p>
      ))}
      {podmans.length > 0 && hasSecrets && <p>{t('noSecrets', { hosts: names })}</p>}
      {podmans.length > 0 && found && found.syntax !== null && (
        <p>{t('syntaxIgnored', { hosts: names, syntax: found.syntax })}</p>
      )}
    </div>
  )
}

function Sending({ sent, total }: { sent: number; total: number }) {
  const t = useTranslations('builds')
  const format = useFormat()
  return (
    <span className="flex min-w-40 flex-1 items-center gap-2 text-ink-muted text-xs">
      <progress aria-label={t('sending')} value={sent} max={total} className="h-1 flex-1 accent-accent" />
      {format.bytes(Math.min(sent, total))} / {format.bytes(total)}
    </span>
  )
}

function Text({
  onChange,
  ...rest
}: Omit<React.ComponentProps<typeof Input>, 'onChange'> & { onChange(value: string): void }) {
  return (
    <Input
      {...rest}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

function Choices({ id, values }: { id: string; values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value}>{value}</option>
      ))}
    </datalist>
  )
}

/** NAME=value, one a line. */
function Pairs({
  label,
  hint,
  value,
  wrongLines,
  onChange,
}: {
  label: string
  hint: string
  value: string
  wrongLines: readonly number[]
  onChange(value: string): void
}) {
  const t = useTranslations('builds')
  return (
    <Field
      label={label}
      hint={hint}
      error={wrongLines.length > 0 && t('pairsWrong', { lines: wrongLines.join(', ') })}
    >
      {(props) => (
        <Textarea
          {...props}
          rows={2}
          spellCheck={false}
          className="font-mono text-xs"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}
