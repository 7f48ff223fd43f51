'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { toast } from '#components/ui/toast.tsx'
import type { Container } from '#lib/contracts/containers.ts'

/** Makes an image of a container's present files. */
export function CommitDialog({ container, onClose }: { container: Container; onClose(): void }) {
  const t = useTranslations('containers.extras')
  const common = useTranslations('common')
  const [reference, setReference] = useState('')
  const [message, setMessage] = useState('')
  const [pause, setPause] = useState(true)
  const commit = useMutation({
    mutationFn: () =>
      api.post('/api/hosts/:hostId/containers/:containerId/commit', {
        params: { hostId: container.hostId, containerId: container.id },
        body: {
          reference: reference.trim(),
          pause,
          ...(message.trim() ? { message: message.trim() } : {}),
        },
      }),
    onSuccess({ imageId }) {
      toast.success(t('committed', { reference: reference.trim(), id: imageId.slice(7, 19) }))
      onClose()
    },
  })
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && !commit.isPending && onClose()}
      title={t('commitTitle', { name: container.name })}
      description={t('commitText')}
      onSubmit={() => reference.trim() !== '' && commit.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={commit.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={commit.isPending} disabled={reference.trim() === ''}>
            {t('commitAction')}
          </Button>
        </>
      }
    >
      <Field label={t('reference')} hint={t('referenceHint')} required>
        {(props) => (
          <Input
            {...props}
            className="font-mono"
            value={reference}
            onChange={(event) => setReference(event.target.value)}
          />
        )}
      </Field>
      <Field label={t('message')}>
        {(props) => <Input {...props} value={message} onChange={(event) => setMessage(event.target.value)} />}
      </Field>
      <CheckField label={t('pause')} hint={t('pauseHint')}>
        {(props) => (
          <Checkbox {...props} checked={pause} onChange={(event) => setPause(event.target.checked)} />
        )}
      </CheckField>
      {commit.error && <ErrorNote error={commit.error} />}
    </Dialog>
  )
}
