'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import type { ArchiveSettings } from '#lib/contracts/archives.ts'

const gigabyte = 1024 ** 3

/** How much the library may hold, and for how long. */
export function LibrarySettings({
  settings,
  onClose,
  onSaved,
}: {
  settings: ArchiveSettings
  onClose(): void
  onSaved(): void
}) {
  const t = useTranslations('archives')
  const common = useTranslations('common')
  const [quota, setQuota] = useState(
    settings.quotaBytes === null ? '' : String(Math.round((settings.quotaBytes / gigabyte) * 100) / 100),
  )
  const [days, setDays] = useState(settings.retentionDays === null ? '' : String(settings.retentionDays))
  const quotaFits = quota.trim() === '' || Number(quota) >= 0
  const daysFit = days.trim() === '' || (Number.isInteger(Number(days)) && Number(days) >= 1)
  const save = useMutation({
    mutationFn: () =>
      api.put('/api/archives/settings', {
        body: {
          quotaBytes: quota.trim() === '' ? null : Math.round(Number(quota) * gigabyte),
          retentionDays: days.trim() === '' ? null : Number(days),
        },
      }),
    onSuccess() {
      onSaved()
      onClose()
    },
  })
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && !save.isPending && onClose()}
      title={t('settings')}
      description={t('settingsText')}
      onSubmit={() => quotaFits && daysFit && save.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={save.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={save.isPending} disabled={!quotaFits || !daysFit}>
            {t('save')}
          </Button>
        </>
      }
    >
      <Field label={t('quota')} hint={t('quotaHint')} error={quotaFits ? undefined : t('notANumber')}>
        {(props) => (
          <Input
            {...props}
            inputMode="decimal"
            value={quota}
            onChange={(event) => setQuota(event.target.value)}
          />
        )}
      </Field>
      <Field label={t('retention')} hint={t('retentionHint')} error={daysFit ? undefined : t('notANumber')}>
        {(props) => (
          <Input
            {...props}
            inputMode="numeric"
            value={days}
            onChange={(event) => setDays(event.target.value)}
          />
        )}
      </Field>
      {save.error && <ErrorNote error={save.error} />}
    </Dialog>
  )
}
