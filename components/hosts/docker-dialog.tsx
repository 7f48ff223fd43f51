'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { TokenDialog } from '#components/account/token-dialog.tsx'
import { basePath } from '#components/data/api.ts'
import { useSession } from '#components/data/use-session.ts'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Permission } from '#lib/permissions.ts'
import { dockerForward, dockerSetUp } from './docker-set-up.ts'

/** Hours for which the token is good. */
const hours = 24 * 30
const scopes = ['read', 'all'] as const
type Scope = (typeof scopes)[number]

/** What the docker command, compose and the libraries need to reach this host through Roadstead. */
export function DockerDialog({ host, onClose }: { host: Host; onClose(): void }) {
  const t = useTranslations('hosts.docker')
  const [scope, setScope] = useState<Scope>('read')
  const session = useSession()
  const newToken = {
    ...{ name: t('tokenName', { name: host.name }).slice(0, 80), hours },
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
            <CodeBlock text={dockerSetUp(access)} label={t('shell')} wrap />
            {host.engine?.flavour !== 'podman' && (
              <>
                <p className="text-ink-muted text-sm">{t('forwarderText')}</p>
                <CodeBlock text={dockerForward(access)} label={t('forwarder')} wrap />
              </>
            )}
            <p className="text-ink-muted text-sm">{t('limits')}</p>
          </>
        )
      }}
    </TokenDialog>
  )
}

/** Reading: what is seen, with logs, processes and events. All: what its owner may on hosts. */
function scopeOf(scope: Scope, own: readonly Permission[]): Permission[] {
  const reading =
    /^(hosts|containers|images|volumes|networks|pods)\.view$|^containers\.(logs|top|stats|changes)$/
  const everything = /^(hosts\.view|gateway\.raw|(containers|images|volumes|networks|pods)\.)/
  const pattern = scope === 'read' ? reading : everything
  return own.filter((permission) => permission === 'gateway.use' || pattern.test(permission))
}
