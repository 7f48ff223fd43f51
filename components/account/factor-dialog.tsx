'use client'
import type { UseMutationResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { fieldErrors } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'

/** What the dialogs of second factors are alike in: one request, and a refusal at the field it is about or below all. */
export function FactorDialog({
  title,
  text,
  action,
  ready,
  request,
  onClose,
  children,
}: {
  title: string
  text?: string
  /** On the button. */
  action: string
  ready: boolean
  request: UseMutationResult<unknown, Error, void>
  onClose(): void
  /** Is given what is wrong with which field. */
  children(refused: Record<string, string>): ReactNode
}) {
  const common = useTranslations('common')
  const refused = fieldErrors(request.error)
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !request.isPending && onClose()}
      title={title}
      description={text}
      size="sm"
      onSubmit={() => ready && !request.isPending && request.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={request.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" disabled={!ready} busy={request.isPending}>
            {action}
          </Button>
        </>
      }
    >
      {children(refused)}
      {request.error && Object.keys(refused).length === 0 && <ErrorNote error={request.error} />}
    </Dialog>
  )
}
