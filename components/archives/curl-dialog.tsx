'use client'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { api, apiUrl } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import type { MadeToken, NewToken } from '#lib/contracts/account.ts'

/** Hours for which the token is good. */
const hours = 24

/** An upload from a machine without a browser, in one command. */
export function CurlDialog({ onClose }: { onClose(): void }) {
  const t = useTranslations('archives')
  const common = useTranslations('common')
  const make = useMutation({
    mutationFn: () =>
      api.post<MadeToken>('/api/account/tokens', {
        ...{ name: t('tokenName'), permissions: ['archives.upload'], hours },
      } satisfies NewToken),
  })
  const token = make.data?.token
  const command = [
    'curl --fail-with-body -T image.tar',
    `-H 'Authorization: Bearer ${token ?? 'TOKEN'}'`,
    "-H 'Content-Type: application/octet-stream'",
    `'${location.origin}${apiUrl('/api/archives/upload', { name: 'image.tar' })}'`,
  ].join(' \\\n  ')
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={t('curlTitle')}
      description={t('curlText', { hours })}
      footer={
        <>
          <Button onClick={onClose}>{common('close')}</Button>
          <Button
            variant="primary"
            busy={make.isPending}
            disabled={token !== undefined}
            onClick={() => make.mutate()}
          >
            {t('makeToken')}
          </Button>
        </>
      }
    >
      <CodeBlock text={command} label={t('curl')} wrap />
      {token && <p className="text-caution">{t('tokenOnce')}</p>}
      {make.error && <ErrorNote error={make.error} />}
    </Dialog>
  )
}
