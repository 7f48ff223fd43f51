'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { TokenList } from '#components/account/token-list.tsx'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useMay, useSession } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Tabs } from '#components/ui/tabs.tsx'
import type { EngineAddress } from '#lib/contracts/engine-addresses.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { CertificateFiles } from './certificate-files.tsx'
import { type Scope, scopeOf, scopes } from './client-scope.ts'
import {
  type AddressClient,
  addressClients,
  addressSetUp,
  archiveOf,
  authorityOf,
  type Pems,
  unpackSetUp,
} from './engine-set-up.ts'
import { useEngineAddress } from './use-engine-address.ts'

/** Hours for which a certificate is good. */
const hours = 24 * 90
/** What whoever runs the server sets. */
const settings = ['ROADSTEAD_ENGINES_DOMAIN=engines.ops.example', 'ROADSTEAD_ENGINES_PORT=2376'].join('\n')

/** Where clients that take host and port only find this host's engine, and client certificates for it. */
export function EngineAddressDialog({ host, onClose }: { host: Host; onClose(): void }) {
  const t = useTranslations('hosts.engineAddress')
  const common = useTranslations('common')
  const client = useQueryClient()
  const [scope, setScope] = useState<Scope>('read')
  const may = useMay()
  const session = useSession()
  const found = useEngineAddress(host.id)
  const make = useMutation({
    mutationFn: () =>
      api.post('/api/account/certificates/:hostId', {
        params: { hostId: host.id },
        body: {
          name: t('certificateName', { name: host.name }).slice(0, 80),
          hours,
          permissions: scopeOf(
            scope,
            session.permissions.filter((permission) => may(permission, { hostId: host.id })),
          ),
        },
      }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.tokens() }),
  })

  const address = found.data?.address
  const isOffered = Boolean(address?.authority)
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={t('title', { name: host.name })}
      description={t('text')}
      footer={
        <>
          <Button onClick={onClose}>{common('close')}</Button>
          {isOffered && (
            <Button
              variant="primary"
              busy={make.isPending}
              disabled={make.data !== undefined}
              onClick={() => make.mutate()}
            >
              {t('make')}
            </Button>
          )}
        </>
      }
    >
      {found.error && <ErrorNote error={found.error} onRetry={() => void found.refetch()} />}
      {address === null && (
        <>
          <p>{t('off')}</p>
          <CodeBlock text={settings} label={t('environment')} />
        </>
      )}
      {address && <Address host={host} address={address} />}
      {isOffered && make.data === undefined && (
        <Segmented<Scope>
          label={t('scope')}
          value={scope}
          onValueChange={setScope}
          options={scopes.map((value) => ({ value, label: t(`scopes.${value}`) }))}
        />
      )}
      {address && make.data && (
        <>
          <p className="text-caution">{t('once')}</p>
          <CertificateFiles archive={archiveOf(host)} pems={make.data} />
          <CodeBlock text={unpackSetUp(host)} label={t('unpack')} wrap />
          <ClientTabs host={host} address={address} pems={make.data} />
        </>
      )}
      {make.error && <ErrorNote error={make.error} />}
      {isOffered && (
        <section className="flex flex-col gap-1.5">
          <h3 className="font-medium text-ink-muted text-xs">{t('certificates', { days: hours / 24 })}</h3>
          <TokenList hostId={host.id} />
        </section>
      )}
    </Dialog>
  )
}

function ClientTabs({ host, address, pems }: { host: Host; address: EngineAddress; pems: Pems }) {
  const t = useTranslations('hosts.engineAddress')
  const [chosen, setChosen] = useState<AddressClient>('docker')
  return (
    <div className="shrink-0">
      <Tabs<AddressClient>
        label={t('clientsLabel')}
        value={chosen}
        onValueChange={setChosen}
        tabs={addressClients.map((value) => ({
          value,
          label: t(`clients.${value}`),
          content: (
            <div className="flex flex-col gap-3 pt-3">
              <p className="text-ink-muted text-sm">{t(`clientTexts.${value}`)}</p>
              <CodeBlock
                text={addressSetUp(value, host, address, pems)}
                label={value === 'prometheus' ? t('prometheus') : t('shell')}
                wrap={value !== 'prometheus'}
              />
            </div>
          ),
        }))}
      />
    </div>
  )
}

function Address({ host, address }: { host: Host; address: EngineAddress }) {
  const t = useTranslations('hosts.engineAddress')
  return (
    <>
      <CodeBlock text={`tcp://${authorityOf(address)}`} label={t('address')} />
      <p className="text-ink-muted text-sm">
        {address.isNamed ? t('named') : t('nameless', { name: host.name })}{' '}
        {address.authority === null && t('proxied')}
      </p>
    </>
  )
}
