'use client'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, apiUrl } from '#components/data/api.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useMay } from '#components/data/use-session.ts'
import { HostPicker } from '#components/hosts/host-picker.tsx'
import { useStart } from '#components/tasks/use-start.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Select } from '#components/ui/select.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import type { CopyInput, ImageArchiveFormat } from '#lib/contracts/image-copy.ts'
import { type ImageGroup, labelOf } from '#lib/images/groups.ts'
import { everywhere, holds, lacking, referencesAt, sourcesOf, writesOci } from './copy-hosts.ts'

function useEverywhere(groups: readonly ImageGroup[]): ImageGroup[] {
  const images = useFleet((fleet) => fleet.images)
  return useMemo(() => everywhere(groups, images.values()), [groups, images])
}

function SourceField({
  sources,
  hostId,
  onChange,
}: {
  sources: readonly Host[]
  hostId: string
  onChange(hostId: string): void
}) {
  const t = useTranslations('images.copy')
  if (sources.length === 0) return <p className="text-caution">{t('noSource')}</p>
  return (
    <Field label={t('from')}>
      {(props) => (
        <Select<string>
          {...props}
          value={hostId}
          onValueChange={onChange}
          options={sources.map(({ id, name, engine }) => ({
            value: id,
            label: engine ? `${name} (${engine.flavour} ${engine.version})` : name,
          }))}
        />
      )}
    </Field>
  )
}

/** Copies images from one of the hosts that hold them to those that lack them. */
export function CopyImagesDialog({
  groups: chosenGroups,
  onClose,
}: {
  groups: readonly ImageGroup[]
  onClose(): void
}) {
  const t = useTranslations('images.copy')
  const common = useTranslations('common')
  const hosts = useFleet((fleet) => fleet.hosts)
  const may = useMay()
  const groups = useEverywhere(chosenGroups)
  const sources = sourcesOf(groups, hosts).filter(({ id }) => may('images.save', { hostId: id }))
  const [sourceHostId, setSource] = useState(sources[0]?.id ?? '')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(lacking(groups, hosts).filter((hostId) => may('images.load', { hostId }))),
  )
  const targets = [...chosen].filter((hostId) => hostId !== sourceHostId)
  const ready = sources.some(({ id }) => id === sourceHostId) && targets.length > 0
  const start = useStart((body: CopyInput) => api.post('/api/images/copy', { body }), onClose)
  const note = (hostId: string) => {
    if (hostId === sourceHostId) return t('isSource')
    return groups.every((group) => holds(group, hostId)) ? t('has') : t('lacks')
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !start.isPending && onClose()}
      title={t('title', { count: groups.length })}
      description={`${groups.map(labelOf).join(', ')}. ${t('text')}`}
      onSubmit={() =>
        ready &&
        start.mutate({
          references: referencesAt(sourceHostId, groups),
          sourceHostId,
          targetHostIds: targets,
        })
      }
      footer={
        <>
          <Button onClick={onClose} disabled={start.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={!ready}>
            {t('submit', { count: targets.length })}
          </Button>
        </>
      }
    >
      <SourceField sources={sources} hostId={sourceHostId} onChange={setSource} />
      <HostPicker
        needs="images.load"
        chosen={new Set(targets)}
        onChange={setChosen}
        note={note}
        isExcluded={(hostId) => hostId === sourceHostId}
      />
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}

/** Saves images as one file, straight from the engine through the server. */
export function SaveImagesDialog({
  groups: chosenGroups,
  onClose,
}: {
  groups: readonly ImageGroup[]
  onClose(): void
}) {
  const t = useTranslations('images.save')
  const common = useTranslations('common')
  const hosts = useFleet((fleet) => fleet.hosts)
  const may = useMay()
  const groups = useEverywhere(chosenGroups)
  const sources = sourcesOf(groups, hosts).filter(({ id }) => may('images.save', { hostId: id }))
  const [hostId, setHostId] = useState(sources[0]?.id ?? '')
  const [format, setFormat] = useState<ImageArchiveFormat>('docker')
  const fits = format === 'docker' || writesOci(hosts.get(hostId), groups.length)
  const ready = sources.some(({ id }) => id === hostId) && fits
  const save = () => {
    if (!ready) return
    // Of an OCI layout Podman takes one name.
    const references =
      format === 'oci' && groups.length === 1
        ? referencesAt(hostId, groups).slice(0, 1)
        : referencesAt(hostId, groups)
    const link = document.createElement('a')
    link.href = apiUrl('GET /api/hosts/:hostId/images/archive', {
      params: { hostId },
      query: { format, reference: references },
    })
    link.download = ''
    link.click()
    onClose()
  }
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('title', { count: groups.length })}
      description={groups.map(labelOf).join(', ')}
      onSubmit={save}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" disabled={!ready}>
            {t('submit')}
          </Button>
        </>
      }
    >
      <SourceField sources={sources} hostId={hostId} onChange={setHostId} />
      <Segmented<ImageArchiveFormat>
        label={t('format')}
        value={format}
        onValueChange={setFormat}
        options={[
          { value: 'docker', label: t('docker') },
          { value: 'oci', label: t('oci') },
        ]}
      />
      <p className={fits ? 'text-ink-muted' : 'text-caution'} aria-live="polite">
        {fits ? t(format === 'oci' ? 'ociText' : 'dockerText') : t('ociUnfit')}
      </p>
    </Dialog>
  )
}
