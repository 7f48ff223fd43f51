'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Field } from '#components/ui/field.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import type { ContainerAttention } from '#lib/fleet/overview.ts'
import { useAcknowledge } from './use-acknowledgements.ts'

/** Asks why what is wrong may stay so for now, for the others to read. */
export function AcknowledgeDialog({
  items,
  onClose,
}: {
  items: readonly ContainerAttention[]
  onClose(): void
}) {
  const t = useTranslations('fleet.attention.acknowledge')
  const common = useTranslations('common')
  const [note, setNote] = useState('')
  const { mutate, isPending } = useAcknowledge()
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t('title', { name: items[0]?.container.name ?? '', count: items.length })}
      description={t('text')}
      onSubmit={() => mutate({ items, note }, { onSuccess: onClose })}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" busy={isPending}>
            {t('action')}
          </Button>
        </>
      }
    >
      <Field label={t('note')} hint={t('noteHint')}>
        {(props) => (
          <Textarea
            {...props}
            rows={2}
            maxLength={500}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  )
}
