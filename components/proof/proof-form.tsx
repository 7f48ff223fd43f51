'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { CodeInput } from '#components/credentials/code-input.tsx'
import { askPasskey } from '#components/credentials/passkey.ts'
import { PasswordInput } from '#components/credentials/password-input.tsx'
import { api, basePath } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import type { Factors } from '#lib/contracts/sign-in.ts'

export function ProofForm({ onEnd }: { onEnd(proved: boolean): void }) {
  const t = useTranslations('login.proof')
  const common = useTranslations('common')
  const [chosen, setChosen] = useState<Factors['proofs'][number]>()
  const [text, setText] = useState('')
  const [atProvider, setAtProvider] = useState(false)
  const factors = useQuery({
    queryKey: queryKeys.factors(),
    queryFn: ({ signal }) => api.get('/api/account/factors', { signal }),
    // The provider's page is another tab.
    refetchInterval: atProvider ? 2000 : false,
  })
  const proofs = factors.data?.proofs ?? []
  const means = proofs.find((proof) => proof === chosen) ?? proofs[0]
  const proved = atProvider && factors.data?.freshUntil != null
  useEffect(() => {
    if (proved) onEnd(true)
  }, [proved, onEnd])
  const prove = useMutation({
    mutationFn: async () =>
      api.post('/api/account/proof', {
        body:
          means === 'passkey'
            ? { passkey: await askPasskey('/api/account/proof') }
            : means === 'code'
              ? { code: text }
              : { password: text },
      }),
    onSuccess: () => onEnd(true),
  })
  const ready = means === 'passkey' || (means !== undefined && text !== '')
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onEnd(false)}
      title={t('title')}
      description={t('text')}
      size="sm"
      onSubmit={() => ready && !prove.isPending && prove.mutate()}
      footer={
        <>
          <Button onClick={() => onEnd(false)}>{common('cancel')}</Button>
          {means === 'provider' ? (
            <Button asChild variant="primary">
              <a href={`${basePath()}/oidc?start=proof`} target="_blank" onClick={() => setAtProvider(true)}>
                {t('go')}
              </a>
            </Button>
          ) : (
            <Button type="submit" variant="primary" disabled={!ready} busy={prove.isPending}>
              {t('go')}
            </Button>
          )}
        </>
      }
    >
      {means === 'password' && (
        <Field key="password" label={t('password')} required>
          {(props) => (
            <PasswordInput
              {...props}
              // oxlint-disable-next-line jsx-a11y/no-autofocus -- asked for by the button that it replaces, or all that is here
              autoFocus
              autoComplete="current-password"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      )}
      {means === 'code' && (
        <Field key="code" label={t('code')} hint={t('codeHint')} required>
          {(props) => (
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- as above
            <CodeInput {...props} autoFocus value={text} onChange={setText} />
          )}
        </Field>
      )}
      {factors.error && <ErrorNote error={factors.error} onRetry={() => void factors.refetch()} />}
      {means === 'provider' && <p className="text-ink-muted">{t('providerHint')}</p>}
      {means === 'passkey' && <p className="text-ink-muted">{t('passkeyHint')}</p>}
      {proofs
        .filter((proof) => proof !== means)
        .map((other) => (
          <Button
            key={other}
            variant="link"
            className="self-start"
            onClick={() => {
              setChosen(other)
              setText('')
              prove.reset()
            }}
          >
            {t(`use.${other}`)}
          </Button>
        ))}
      {prove.error && <ErrorNote error={prove.error} />}
    </Dialog>
  )
}
