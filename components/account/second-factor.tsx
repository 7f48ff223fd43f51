'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Fingerprint, LifeBuoy, Pencil, Smartphone } from 'lucide-react'
import dynamic from 'next/dynamic'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { toast } from '#components/ui/toast.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Passkey } from '#lib/contracts/sign-in.ts'

const dialogs = () => import('./totp-dialog.tsx')
const TotpDialog = dynamic(() => dialogs().then((module) => module.TotpDialog), { ssr: false })
const passkeyDialogs = () => import('./passkey-dialog.tsx')
const PasskeyDialog = dynamic(() => passkeyDialogs().then((module) => module.PasskeyDialog), { ssr: false })
const RenamePasskeyDialog = dynamic(() => passkeyDialogs().then((module) => module.RenamePasskeyDialog), {
  ssr: false,
})
const RecoveryDialog = dynamic(() => dialogs().then((module) => module.RecoveryDialog), { ssr: false })

/** What is asked for beside the password: adding, taking away, and the codes for when it is lost. */
export function SecondFactor() {
  const t = useTranslations('account.factors')
  const format = useFormat()
  const client = useQueryClient()
  const [asked, setAsked] = useState<'totp' | 'passkey' | 'removeTotp' | 'renew' | null>(null)
  const [going, setGoing] = useState<Passkey | null>(null)
  const [renaming, setRenaming] = useState<Passkey | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const factors = useQuery({
    queryKey: queryKeys.factors(),
    queryFn: ({ signal }) => api.get('/api/account/factors', { signal }),
  })
  const changed = (recoveryCodes: string[] | null) => {
    setAsked(null)
    setCodes(recoveryCodes)
    void client.invalidateQueries({ queryKey: queryKeys.account() })
  }
  if (factors.error && !factors.data)
    return <ErrorNote error={factors.error} onRetry={() => void factors.refetch()} />
  if (!factors.data) return <Skeleton className="h-14 w-full" />
  const { totpSince, recoveryCodes, passkeys } = factors.data
  const some = totpSince !== null || passkeys.length > 0
  return (
    <div className="flex flex-col items-start gap-3">
      {some ? (
        <ul className="w-full rounded-lg border bg-surface">
          {totpSince && (
            <Row
              icon={<Smartphone />}
              name={t('totp')}
              note={t('totpSince', { date: format.date(totpSince) })}
            >
              <Button size="sm" aria-label={t('removeTotpLabel')} onClick={() => setAsked('removeTotp')}>
                {t('remove')}
              </Button>
            </Row>
          )}
          {passkeys.map((passkey) => (
            <Row
              key={passkey.id}
              icon={<Fingerprint />}
              name={passkey.name}
              note={t('passkeyNote', {
                site: passkey.site,
                made: format.date(passkey.createdAt),
                used: passkey.usedAt
                  ? t('passkeyUsed', { date: format.date(passkey.usedAt) })
                  : t('passkeyUnused'),
              })}
            >
              <IconButton
                size="sm"
                label={t('passkeyRenameLabel', { name: passkey.name })}
                icon={<Pencil />}
                onClick={() => setRenaming(passkey)}
              />
              <Button
                size="sm"
                aria-label={t('removePasskeyLabel', { name: passkey.name })}
                onClick={() => setGoing(passkey)}
              >
                {t('remove')}
              </Button>
            </Row>
          ))}
          <Row icon={<LifeBuoy />} name={t('recovery')} note={t('recoveryLeft', { count: recoveryCodes })}>
            <Button size="sm" onClick={() => setAsked('renew')}>
              {t('renew')}
            </Button>
          </Row>
        </ul>
      ) : (
        <p className="text-ink-muted">{t('none')}</p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setAsked('passkey')}>{t('addPasskey')}</Button>
        {!totpSince && <Button onClick={() => setAsked('totp')}>{t('addTotp')}</Button>}
      </div>
      {asked === 'totp' && <TotpDialog onClose={() => setAsked(null)} onAdded={changed} />}
      {asked === 'passkey' && <PasskeyDialog onClose={() => setAsked(null)} onAdded={changed} />}
      {renaming && (
        <RenamePasskeyDialog
          passkey={renaming}
          onClose={() => setRenaming(null)}
          onRenamed={() => {
            setRenaming(null)
            changed(null)
          }}
        />
      )}
      {codes && <RecoveryDialog codes={codes} onClose={() => setCodes(null)} />}
      <ConfirmDialog
        open={asked === 'removeTotp'}
        onOpenChange={(open) => !open && setAsked(null)}
        title={t('removeTotpTitle')}
        description={t('removeTotpText')}
        confirmLabel={t('removeConfirm')}
        onConfirm={async () => {
          await api.delete('/api/account/totp')
          toast.success(t('removed'))
          changed(null)
        }}
      />
      <ConfirmDialog
        open={going !== null}
        onOpenChange={(open) => !open && setGoing(null)}
        title={t('removePasskeyTitle', { name: going?.name ?? '' })}
        description={t('removePasskeyText')}
        confirmLabel={t('removeConfirm')}
        onConfirm={async () => {
          if (going) await api.delete('/api/account/passkeys/:passkeyId', { params: { passkeyId: going.id } })
          toast.success(t('removed'))
          changed(null)
        }}
      />
      <ConfirmDialog
        open={asked === 'renew'}
        onOpenChange={(open) => !open && setAsked(null)}
        title={t('renewTitle')}
        description={t('renewText')}
        confirmLabel={t('renewConfirm')}
        destructive={false}
        onConfirm={async () => changed((await api.post('/api/account/recovery-codes')).recoveryCodes)}
      />
    </div>
  )
}

function Row(props: { icon: ReactNode; name: string; note: string; children: ReactNode }) {
  return (
    <li className="flex items-center gap-3 border-b px-3 py-2.5 last:border-b-0 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-ink-faint">
      {props.icon}
      <div className="min-w-0 flex-1">
        <span className="block truncate font-medium">{props.name}</span>
        <span className="block text-ink-faint text-xs">{props.note}</span>
      </div>
      {props.children}
    </li>
  )
}
