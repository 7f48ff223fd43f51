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
import type { ContainerRef, Folder } from './use-folder.ts'

export function NewFolderDialog({
  container,
  folder,
  onClose,
  onDone,
}: {
  container: ContainerRef
  folder: Folder
  onClose(): void
  onDone(): void
}) {
  const t = useTranslations('files')
  const common = useTranslations('common')
  const [name, setName] = useState('')
  const taken = folder.entries.some((entry) => entry.name === name.trim())
  const fits = name.trim() !== '' && !/^\.{1,2}$/.test(name.trim()) && !name.includes('/') && !taken
  const make = useMutation({
    mutationFn: () =>
      api.put('/api/hosts/:hostId/containers/:containerId/files', {
        params: container,
        query: {
          path: folder.path,
          name: name.trim(),
          folder: true,
          mode: 0o755,
          ...folder.owner,
        },
      }),
    onSuccess: onDone,
  })
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && !make.isPending && onClose()}
      title={t('newFolder')}
      onSubmit={() => fits && make.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={make.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={make.isPending} disabled={!fits}>
            {t('make')}
          </Button>
        </>
      }
    >
      <Field label={t('name')} error={taken ? t('taken') : undefined}>
        {(props) => <Input {...props} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      {make.error && <ErrorNote error={make.error} />}
    </Dialog>
  )
}
