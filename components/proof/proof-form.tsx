'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Factors } from '#lib/contracts/sign-in.ts'
import { PasswordInput } from '../account/password-input.tsx'
import { api } from '../data/api.ts'
import { queryKeys } from '../data/query-keys.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ErrorNote } from '../ui/error-note.tsx'
import { Field } from '../ui/field.tsx'
import { CodeInput } from './code-input.tsx'

export function ProofForm({ onEnd }: { onEnd(proved: boolean): void }) {
  const t = useTranslations('login.proof')
  const common = useTranslations('common')
  const [chosen, setChosen] = useState<'password' | 'code'>('password')
  const [text, setText] = useState('')
  const factors = useQuery({
    queryKey: queryKeys.factors(),
    queryFn: ({ signal }) => api.get<Factors>('/api/account/factors', { signal }),
  })
  const proofs = factors.data?.proofs ?? ['password']
  const means = proofs.find((proof) => proof === chosen) ?? proofs[0]
  const other = proofs.find((proof) => proof !== means)
  const prove = useMutation({
    mutationFn: () => api.post('/api/account/proof', means === 'code' ? { code: text } : { password: text }),
    onSuccess: () => onEnd(true),
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onEnd(false)}
      title={t('title')}
      description={t('text')}
      size="sm"
      onSubmit={() => text !== '' && !prove.isPending && prove.mutate()}
      footer={
        <>
          <Button onClick={() => onEnd(false)}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" disabled={text === ''} busy={prove.isPending}>
            {t('go')}
          </Button>
        </>
      }
    >
      {means === 'password' && (
        <Field key="password" label={t('password')} required>
          {(props) => (
            <PasswordInput
              {...props}
              autoComplete="current-password"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      )}
      {means === 'code' && (
        <Field key="code" label={t('code')} hint={t('codeHint')} required>
          {(props) => <CodeInput {...props} value={text} onChange={setText} />}
        </Field>
      )}
      {other && (
        <Button
          variant="link"
          className="self-start"
          onClick={() => {
            setChosen(other)
            setText('')
            prove.reset()
          }}
        >
          {t(other === 'code' ? 'useCode' : 'usePassword')}
        </Button>
      )}
      {prove.error && <ErrorNote error={prove.error} />}
    </Dialog>
  )
}
