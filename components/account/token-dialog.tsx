'use client'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import type { NewToken } from '#lib/contracts/account.ts'

/** Commands with a token of their own in them, made and shown once when it is asked for. */
export function TokenDialog({
  title,
  description,
  newToken,
  onClose,
  children,
}: {
  title: string
  description: string
  newToken: NewToken
  onClose(): void
  /** @param token undefined before it is made */
  children(token: string | undefined): ReactNode
}) {
  const t = useTranslations('account.tokenDialog')
  const common = useTranslations('common')
  const make = useMutation({
    mutationFn: () => api.post('/api/account/tokens', { body: newToken }),
  })
  const token = make.data?.token
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>{common('close')}</Button>
          <Button
            variant="primary"
            busy={make.isPending}
            disabled={token !== undefined}
            onClick={() => make.mutate()}
          >
            {t('make')}
          </Button>
        </>
      }
    >
      {children(token)}
      {token && <p className="text-caution">{t('once')}</p>}
      {make.error && <ErrorNote error={make.error} />}
    </Dialog>
  )
}
