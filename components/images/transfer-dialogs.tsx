'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useMay } from '#components/data/use-session.ts'
import { HostPicker } from '#components/hosts/host-picker.tsx'
import { useStart } from '#components/tasks/use-start.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import type { PullInput, PushInput } from '#lib/contracts/image-transfer.ts'
import type { ImageGroup } from '#lib/images/groups.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { ImageSearch } from './image-search.tsx'

/** Pulls an image on several hosts. Opened from an image, on the hosts that lack it. */
export function PullDialog({
  reference: given = '',
  hostIds = [],
  onClose,
}: {
  reference?: string
  hostIds?: readonly string[]
  onClose(): void
}) {
  const t = useTranslations('images.transfer')
  const common = useTranslations('common')
  const may = useMay()
  const [reference, setReference] = useState(given)
  const [platform, setPlatform] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(hostIds.filter((hostId) => may('images.pull', { hostId }))),
  )
  const fits = parseImageRef(reference) !== null
  const ready = fits && chosen.size > 0
  const start = useStart((body: PullInput) => api.post('/api/images/pull', { body }), onClose)
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !start.isPending && onClose()}
      title={t('pullTitle')}
      description={t('pullText')}
      onSubmit={() =>
        ready &&
        start.mutate({
          reference: reference.trim(),
          hostIds: [...chosen],
          ...(platform.trim() ? { platform: platform.trim() } : {}),
        })
      }
      footer={
        <>
          <Button onClick={onClose} disabled={start.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={!ready}>
            {t('pull', { count: chosen.size })}
          </Button>
        </>
      }
    >
      <Field label={t('reference')} error={reference !== '' && !fits ? t('wrong') : undefined}>
        {(props) => (
          <Input
            {...props}
            value={reference}
            placeholder="registry.example/team/app:1.2"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setReference(event.target.value)}
          />
        )}
      </Field>
      <ImageSearch term={reference} hostIds={chosen} onChoose={setReference} />
      <Field label={t('platform')} hint={t('platformHint')}>
        {(props) => (
          <Input
            {...props}
            value={platform}
            placeholder="linux/arm64"
            onChange={(event) => setPlatform(event.target.value)}
          />
        )}
      </Field>
      <HostPicker needs="images.pull" chosen={chosen} onChange={setChosen} />
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}

/** Pushes one of an image's tags, from one of the hosts that have it. */
export function PushDialog({ group, onClose }: { group: ImageGroup; onClose(): void }) {
  const t = useTranslations('images.transfer')
  const common = useTranslations('common')
  const hosts = useFleet((fleet) => fleet.hosts)
  const may = useMay()
  const copies = group.copies.filter(
    ({ hostId }) => hosts.get(hostId)?.state === 'online' && may('images.push', { hostId }),
  )
  const [reference, setReference] = useState(group.tags[0] ?? '')
  const [hostId, setHostId] = useState(copies.find(({ tags }) => tags.includes(reference))?.hostId ?? '')
  const ready = reference !== '' && hostId !== ''
  const start = useStart((body: PushInput) => api.post('/api/images/push', { body }), onClose)
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && !start.isPending && onClose()}
      title={t('pushTitle')}
      description={t('pushText')}
      onSubmit={() => ready && start.mutate({ reference, hostId })}
      footer={
        <>
          <Button onClick={onClose} disabled={start.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={!ready}>
            {t('push')}
          </Button>
        </>
      }
    >
      <Field label={t('tag')}>
        {(props) => (
          <Select<string>
            {...props}
            value={reference}
            onValueChange={(next) => {
              setReference(next)
              setHostId(copies.find(({ tags }) => tags.includes(next))?.hostId ?? '')
            }}
            options={group.tags.map((tag) => ({ value: tag, label: tag }))}
          />
        )}
      </Field>
      <Field label={t('from')}>
        {(props) => (
          <Select<string>
            {...props}
            value={hostId}
            onValueChange={setHostId}
            options={copies
              .filter(({ tags }) => tags.includes(reference))
              .map((copy) => ({ value: copy.hostId, label: hosts.get(copy.hostId)?.name ?? '' }))}
          />
        )}
      </Field>
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  )
}
