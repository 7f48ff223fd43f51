'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, basePath } from '#components/data/api.ts'
import { useSession } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import type { MadeToken, NewToken } from '#lib/contracts/account.ts'
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
  const common = useTranslations('common')
  const [scope, setScope] = useState<Scope>('read')
  const session = useSession()
  const make = useMutation({
    mutationFn: () =>
      api.post<MadeToken>('/api/account/tokens', {
        ...{ name: t('tokenName', { name: host.name }).slice(0, 80), hours },
        permissions: scopeOf(scope, session.permissions),
      } satisfies NewToken),
  })
  const token = make.data?.token
  const access = { host, token: token ?? 'TOKEN', origin: location.origin, basePath: basePath() }
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={t('title', { name: host.name })}
      description={t('text', { days: hours / 24 })}
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
      {token === undefined && (
        <Segmented<Scope>
          label={t('scope')}
          value={scope}
          onValueChange={(next) => setScope(next)}
          options={scopes.map((value) => ({ value, label: t(`scopes.${value}`) }))}
        />
      )}
      <CodeBlock text={dockerSetUp(access)} label={t('shell')} wrap />
      {token && <p className="text-caution">{t('tokenOnce')}</p>}
      {make.error && <ErrorNote error={make.error} />}
      {host.engine?.flavour !== 'podman' && (
        <>
          <p className="text-ink-muted text-sm">{t('forwarderText')}</p>
          <CodeBlock text={dockerForward(access)} label={t('forwarder')} wrap />
        </>
      )}
      <p className="text-ink-muted text-sm">{t('limits')}</p>
    </Dialog>
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
