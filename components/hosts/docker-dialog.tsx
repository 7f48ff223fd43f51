'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { TokenDialog } from '#components/account/token-dialog.tsx'
import { basePath } from '#components/data/api.ts'
import { useSession } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Tabs } from '#components/ui/tabs.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import { type Scope, scopeOf, scopes } from './client-scope.ts'
import { type Client, clientSetUp, clients, takeAddress } from './client-set-up.ts'
import { type Access, dockerForward } from './docker-set-up.ts'
import { authorityOf } from './engine-set-up.ts'
import { useEngineAddress } from './use-engine-address.ts'

/** Hours for which the token is good. */
const hours = 24 * 30

/** What the docker command, compose and the libraries need to reach this host through Roadstead. */
export function DockerDialog({
  host,
  onClose,
  onAddress,
}: {
  host: Host
  onClose(): void
  /** To the host's engine address, and certificates for it. */
  onAddress(): void
}) {
  const t = useTranslations('hosts.docker')
  const address = useEngineAddress(host.id).data?.address ?? null
  const [scope, setScope] = useState<Scope>('read')
  const [client, setClient] = useState<Client>('docker')
  const session = useSession()
  const newToken = {
    name: t('tokenName', { name: host.name }).slice(0, 80),
    hours,
    permissions: scopeOf(scope, session.permissions),
  }
  return (
    <TokenDialog
      title={t('title', { name: host.name })}
      description={t('text', { days: hours / 24 })}
      newToken={newToken}
      onClose={onClose}
    >
      {(token) => {
        const access = { host, token: token ?? 'TOKEN', origin: location.origin, basePath: basePath() }
        return (
          <>
            {token === undefined && (
              <Segmented<Scope>
                label={t('scope')}
                value={scope}
                onValueChange={(next) => setScope(next)}
                options={scopes.map((value) => ({ value, label: t(`scopes.${value}`) }))}
              />
            )}
            <div className="shrink-0">
              <Tabs<Client>
                label={t('clientsLabel')}
                value={client}
                onValueChange={setClient}
                tabs={clients.map((value) => ({
                  value,
                  label: t(`clients.${value}`),
                  content: (
                    <>
                      {address?.authority && takeAddress.has(value) && (
                        <div className="flex flex-wrap items-center gap-2 pt-4 text-sm">
                          {t('byAddress', { address: authorityOf(address) })}
                          <Button size="sm" onClick={onAddress}>
                            {t('showAddress')}
                          </Button>
                        </div>
                      )}
                      <ClientCommands client={value} host={host} access={access} />
                    </>
                  ),
                }))}
              />
            </div>
            <p className="text-ink-muted text-sm">{t('limits')}</p>
          </>
        )
      }}
    </TokenDialog>
  )
}

function ClientCommands({ client, host, access }: { client: Client; host: Host; access: Access }) {
  const t = useTranslations('hosts.docker')
  return (
    <div className="flex flex-col gap-4 pt-4">
      <p className="text-ink-muted text-sm">{t(`clientTexts.${client}`)}</p>
      <CodeBlock text={clientSetUp(client, access)} label={t('shell')} wrap />
      {client === 'docker' && host.engine?.flavour !== 'podman' && (
        <>
          <p className="text-ink-muted text-sm">{t('forwarderText')}</p>
          <CodeBlock text={dockerForward(access)} label={t('forwarder')} wrap />
        </>
      )}
    </div>
  )
}
