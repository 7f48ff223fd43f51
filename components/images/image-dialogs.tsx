'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useMay } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { toast } from '#components/ui/toast.tsx'
import type { Image } from '#lib/contracts/images.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { type ImageGroup, labelOf } from '#lib/images/groups.ts'
import type { Permission } from '#lib/permissions.ts'

interface Failure {
  copy: Image
  error: unknown
}

/** Does something to each copy at its host, all at once, and keeps what failed. */
function useOnCopies() {
  const [busy, setBusy] = useState(false)
  const [failures, setFailures] = useState<Failure[]>([])
  const run = async (copies: readonly Image[], work: (copy: Image) => Promise<unknown>): Promise<number> => {
    setBusy(true)
    setFailures([])
    const results = await Promise.allSettled(copies.map(work))
    const failed = results.flatMap((result, index) =>
      result.status === 'rejected' ? [{ copy: copies[index] as Image, error: result.reason }] : [],
    )
    setFailures(failed)
    setBusy(false)
    return failed.length
  }
  return { busy, failures, run }
}

const paramsOf = ({ hostId, id }: Image) => ({ hostId, imageId: id })

function HostChoice({
  label,
  needs,
  copies,
  chosen,
  onChange,
}: {
  label: string
  needs: Permission
  copies: readonly Image[]
  chosen: ReadonlySet<string>
  onChange(chosen: ReadonlySet<string>): void
}) {
  const hosts = useFleet((fleet) => fleet.hosts)
  const may = useMay()
  const hostIds = [...new Set(copies.map((copy) => copy.hostId))]
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 font-medium">{label}</legend>
      <div className="flex max-h-44 flex-col gap-1 overflow-y-auto rounded-md border bg-bg px-3 py-2">
        {hostIds.map((hostId) => (
          <CheckField key={hostId} label={hosts.get(hostId)?.name ?? hostId}>
            {(props) => (
              <Checkbox
                {...props}
                checked={chosen.has(hostId)}
                disabled={hosts.get(hostId)?.state !== 'online' || !may(needs, { hostId })}
                onChange={(event) => {
                  const next = new Set(chosen)
                  if (event.target.checked) next.add(hostId)
                  else next.delete(hostId)
                  onChange(next)
                }}
              />
            )}
          </CheckField>
        ))}
      </div>
    </fieldset>
  )
}

function Failures({ failures }: { failures: readonly Failure[] }) {
  const t = useTranslations('images')
  const hosts = useFleet((fleet) => fleet.hosts)
  return failures.map(({ copy, error }) => (
    <ErrorNote
      key={`${copy.hostId} ${copy.id}`}
      title={t('failedOn', { host: hosts.get(copy.hostId)?.name ?? copy.hostId })}
      error={error}
    />
  ))
}

/** To begin with all that answer and where one may. */
function useChosenHosts(copies: readonly Image[], needs: Permission) {
  const may = useMay()
  const hosts = useFleet((fleet) => fleet.hosts)
  return useState<ReadonlySet<string>>(
    () =>
      new Set(
        copies
          .map(({ hostId }) => hostId)
          .filter((hostId) => hosts.get(hostId)?.state === 'online' && may(needs, { hostId })),
      ),
  )
}

export function TagImageDialog({ group, onClose }: { group: ImageGroup; onClose(): void }) {
  const t = useTranslations('images')
  const common = useTranslations('common')
  const [reference, setReference] = useState('')
  const [chosen, setChosen] = useChosenHosts(group.copies, 'images.tag')
  const { busy, failures, run } = useOnCopies()
  const ready = reference.trim() !== '' && chosen.size > 0
  const submit = async () => {
    if (!ready || busy) return
    const copies = group.copies.filter((copy) => chosen.has(copy.hostId))
    const failed = await run(copies, (copy) =>
      api.post('/api/hosts/:hostId/images/:imageId/tag', {
        params: paramsOf(copy),
        body: { reference: reference.trim() },
      }),
    )
    if (failed > 0) return
    toast.success(t('tagged', { reference: reference.trim() }))
    onClose()
  }
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('tagDialog.title')}
      description={labelOf(group)}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" disabled={!ready} busy={busy}>
            {t('tagDialog.submit')}
          </Button>
        </>
      }
    >
      <Field label={t('tagDialog.reference')} hint={t('tagDialog.hint')}>
        {(props) => (
          <Input
            {...props}
            value={reference}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setReference(event.target.value)}
          />
        )}
      </Field>
      <HostChoice
        needs="images.tag"
        label={t('tagDialog.hosts')}
        copies={group.copies}
        chosen={chosen}
        onChange={setChosen}
      />
      <Failures failures={failures} />
    </Dialog>
  )
}

const whole = 'whole'

export function RemoveImagesDialog({ groups, onClose }: { groups: readonly ImageGroup[]; onClose(): void }) {
  const t = useTranslations('images')
  const common = useTranslations('common')
  const images = useFleet((fleet) => fleet.images)
  // As they are now: a second try leaves out what the first one removed.
  const copies = groups
    .flatMap((group) => group.copies)
    .flatMap((copy) => images.get(objectKey(copy.hostId, copy.id)) ?? [])
  const tags = groups.length === 1 ? (groups[0]?.tags ?? []) : []
  const users = groups.flatMap((group) => group.usedBy)
  const [chosen, setChosen] = useChosenHosts(copies, 'images.remove')
  const [what, setWhat] = useState(whole)
  const [force, setForce] = useState(false)
  const [noprune, setNoprune] = useState(false)
  const { busy, failures, run } = useOnCopies()
  const submit = async () => {
    if (busy || chosen.size === 0) return
    const reference = what === whole ? undefined : what
    const targets = copies.filter(
      (copy) => chosen.has(copy.hostId) && (!reference || copy.tags.includes(reference)),
    )
    const failed = await run(targets, (copy) => {
      const used = users.some((user) => user.hostId === copy.hostId && user.imageId === copy.id)
      return remove(copy, referencesOf(copy, reference, force || used), force, noprune)
    })
    if (failed > 0) return
    toast.success(t('removed', { hosts: new Set(targets.map((copy) => copy.hostId)).size }))
    onClose()
  }
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('removeDialog.title', { count: groups.length })}
      description={`${groups.map(labelOf).join(', ')}. ${t('removeDialog.text')}`}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="danger" disabled={chosen.size === 0} busy={busy}>
            {t('removeDialog.submit')}
          </Button>
        </>
      }
    >
      {users.length > 0 && (
        <p className="break-words rounded-md bg-caution-soft px-3 py-2 text-caution">
          {t('removeDialog.usedWarning', {
            count: users.length,
            names: users
              .slice(0, 6)
              .map((container) => container.name)
              .join(', '),
          })}
        </p>
      )}
      {tags.length > 0 && (
        <Field label={t('removeDialog.what')}>
          {(props) => (
            <Select<string>
              {...props}
              value={what}
              onValueChange={setWhat}
              options={[
                { value: whole, label: t('removeDialog.whole') },
                ...tags.map((tag) => ({ value: tag, label: t('removeDialog.oneTag', { tag }) })),
              ]}
            />
          )}
        </Field>
      )}
      <HostChoice
        needs="images.remove"
        label={t('removeDialog.hosts')}
        copies={copies}
        chosen={chosen}
        onChange={setChosen}
      />
      <CheckField label={t('removeDialog.force')}>
        {(props) => (
          <Checkbox {...props} checked={force} onChange={(event) => setForce(event.target.checked)} />
        )}
      </CheckField>
      <CheckField label={t('removeDialog.noprune')}>
        {(props) => (
          <Checkbox {...props} checked={noprune} onChange={(event) => setNoprune(event.target.checked)} />
        )}
      </CheckField>
      <Failures failures={failures} />
    </Dialog>
  )
}

/**
 * An image with one tag goes by its id; one with several goes tag by tag, as engines want it without force. `whole`: by
 * its id in any case. One in use must go so: the engine then refuses at once, and not after all tags but one are gone.
 */
function referencesOf(copy: Image, reference: string | undefined, whole: boolean): (string | undefined)[] {
  if (reference) return [reference]
  return copy.tags.length > 1 && !whole ? copy.tags : [undefined]
}

async function remove(
  copy: Image,
  references: readonly (string | undefined)[],
  force: boolean,
  noprune: boolean,
): Promise<void> {
  for (const each of references)
    await api.delete('/api/hosts/:hostId/images/:imageId', {
      params: paramsOf(copy),
      query: { reference: each, force, noprune },
    })
}
