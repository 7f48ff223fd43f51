'use client'
import { useTranslations } from 'use-intl'
import { TokenDialog } from '#components/account/token-dialog.tsx'
import { apiUrl } from '#components/data/api.ts'
import { CodeBlock } from '#components/ui/code-block.tsx'

/** Hours for which the token is good. */
const hours = 24

/** An upload from a machine without a browser, in one command. */
export function CurlDialog({ onClose }: { onClose(): void }) {
  const t = useTranslations('archives')
  const command = (token = 'TOKEN') =>
    [
      'curl --fail-with-body -T image.tar',
      `-H 'Authorization: Bearer ${token}'`,
      "-H 'Content-Type: application/octet-stream'",
      `'${location.origin}${apiUrl('PUT /api/archives/upload', { query: { name: 'image.tar' } })}'`,
    ].join(' \\\n  ')
  return (
    <TokenDialog
      title={t('curlTitle')}
      description={t('curlText', { hours })}
      newToken={{ name: t('tokenName'), permissions: ['archives.upload'], hours }}
      onClose={onClose}
    >
      {(token) => <CodeBlock text={command(token)} label={t('curl')} wrap />}
    </TokenDialog>
  )
}
