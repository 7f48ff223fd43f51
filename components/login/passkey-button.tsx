'use client'
import { useMutation } from '@tanstack/react-query'
import { Fingerprint } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { askPasskey } from '#components/credentials/passkey.ts'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'

/** Signs in with a passkey, from the beginning or as the second step. */
export function PasskeyButton({ onDone }: { onDone(): void }) {
  const t = useTranslations('login')
  const signIn = useMutation({
    mutationFn: async () =>
      api.post('/api/session/passkey', { body: { passkey: await askPasskey('/api/session/passkey') } }),
    onSuccess: onDone,
  })
  return (
    <>
      {signIn.error && <ErrorNote error={signIn.error} />}
      <Button size="lg" busy={signIn.isPending || signIn.isSuccess} onClick={() => signIn.mutate()}>
        <Fingerprint aria-hidden /> {t('passkey')}
      </Button>
    </>
  )
}
