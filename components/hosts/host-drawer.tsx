'use client'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useMay, usePartlySeen } from '#components/data/use-session.ts'
import { Fact, Facts } from '#components/details/facts.tsx'
import { Section } from '#components/details/section.tsx'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { useNow } from '#components/ui/clock.ts'
import { Drawer } from '#components/ui/drawer.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Host, HostReading, TransportView } from '#lib/contracts/hosts.ts'
import { DockerDialog } from './docker-dialog.tsx'
import { EngineAddressDialog } from './engine-address-dialog.tsx'
import { HostStateMark } from './host-state.tsx'

/** All that is known of one host. */
export function HostDrawer({
  host,
  onClose,
  actions,
}: {
  host: Host | undefined
  onClose(): void
  actions: ReactNode
}) {
  const t = useTranslations('hosts')
  return (
    <Drawer
      open
      onOpenChange={(next) => !next && onClose()}
      title={host?.name ?? t('empty.filteredTitle')}
      subtitle={host?.address}
      actions={actions}
    >
      {host && <Details host={host} />}
    </Drawer>
  )
}

function Details({ host }: { host: Host }) {
  const t = useTranslations('hosts.drawer')
  const format = useFormat()
  const { engine, transport } = host
  return (
    <div className="fill gap-5 overflow-y-auto p-4">
      {host.error && <ErrorNote error={host.error} />}
      <Unread reading={host.reading} />
      <Section title={t('connection')}>
        <Facts>
          <Fact label={t('state')}>
            <span className="flex gap-2">
              <HostStateMark host={host} />
              <span className="text-ink-muted">
                {t.rich('sinceAge', { age: () => <Age at={host.stateSince} /> })}
              </span>
            </span>
          </Fact>
          <Fact label={t('address')}>
            <code className="break-all">{host.address}</code>
          </Fact>
          {host.latencyMs !== null && <Fact label={t('latency')}>{format.latency(host.latencyMs)}</Fact>}
          <Fact label={t('lastSeen')}>
            <Age at={host.lastSeenAt} ago />
          </Fact>
          <Fact label={t('data')}>
            <Age at={host.syncedAt} ago />
          </Fact>
          {host.tags.length > 0 && <Fact label={t('tags')}>{host.tags.join(', ')}</Fact>}
          <TransportFacts transport={transport} />
        </Facts>
      </Section>
      {engine && (
        <Section title={t('engine')}>
          <Facts>
            <Fact label={t('version')}>
              {engine.flavour === 'podman' ? 'Podman' : 'Docker'} {engine.version}
            </Fact>
            <Fact label={t('api')}>{engine.apiVersion}</Fact>
            <Fact label={t('system')}>
              {[engine.hostname, `${engine.os}/${engine.arch}`, engine.kernel].filter(Boolean).join(', ')}
            </Fact>
            {engine.cpus !== null && engine.memoryBytes !== null && (
              <Fact label={t('resources')}>
                {t('resourcesValue', {
                  cpus: String(engine.cpus),
                  memory: format.memory(engine.memoryBytes),
                })}
              </Fact>
            )}
            <Fact label={t('rights')}>{engine.rootless ? t('rootless') : t('rootful')}</Fact>
            <Fact label={t('storage')}>
              {[engine.storageDriver, engine.cgroupVersion && t('cgroup', { version: engine.cgroupVersion })]
                .filter(Boolean)
                .join(', ')}
            </Fact>
          </Facts>
        </Section>
      )}
      <UseWithDocker host={host} />
    </div>
  )
}

/** What of the host cannot be read: each list, the rows that are left out, and the events. */
function Unread({ reading: { failed, odd, withoutEvents, notices } }: { reading: HostReading }) {
  const t = useTranslations('hosts.drawer')
  const format = useFormat()
  if (failed.length + odd.length + notices.length === 0 && !withoutEvents) return null
  return (
    <Section title={t('reading')}>
      {notices.map(({ since, error }) => (
        <ErrorNote key={error.code} title={format.dateTime(since)} error={error} />
      ))}
      {failed.map(({ kind, since, error }) => (
        <ErrorNote
          key={kind}
          title={t('readingFailed', { kind, since: format.dateTime(since) })}
          error={error}
        />
      ))}
      {odd.map(({ kind, count, name, detail }) => (
        <p key={kind} className="break-words">
          {t('readingOdd', { kind, count, name, detail })}
        </p>
      ))}
      {withoutEvents && (
        <ErrorNote
          title={t('withoutEvents', {
            since: format.dateTime(withoutEvents.since),
            seconds: withoutEvents.everySeconds,
          })}
          error={withoutEvents.error}
        />
      )}
    </Section>
  )
}

/** The way in for the docker command, for who may take it. */
function UseWithDocker({ host }: { host: Host }) {
  const t = useTranslations('hosts.docker')
  const mayUse = useMay()('gateway.use', { hostId: host.id })
  const isPart = usePartlySeen([host]).length > 0
  const [open, setOpen] = useState<'commands' | 'address' | null>(null)
  if (!mayUse) return null
  return (
    <Section title={t('section')}>
      <p>
        {t('hint')} {isPart && t('partHint')}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setOpen('commands')}>{t('show')}</Button>
        <Button onClick={() => setOpen('address')}>{t('showAddress')}</Button>
      </div>
      {open === 'commands' && (
        <DockerDialog host={host} onClose={() => setOpen(null)} onAddress={() => setOpen('address')} />
      )}
      {open === 'address' && <EngineAddressDialog host={host} onClose={() => setOpen(null)} />}
    </Section>
  )
}

function TransportFacts({ transport }: { transport: TransportView }) {
  const t = useTranslations('hosts.drawer')
  if (transport.kind === 'tcp') {
    return (
      <Fact label={t('credentials')}>
        <span className="text-caution">{t('plain')}</span>
      </Fact>
    )
  }
  if (transport.kind === 'tls') {
    return (
      transport.certExpiresAt && (
        <Fact label={t('certEnds')}>
          <CertificateEnd at={transport.certExpiresAt} />
        </Fact>
      )
    )
  }
  if (transport.kind === 'unix') return null
  const credentials =
    transport.auth === 'agent' ? t('agent') : transport.hasPassphrase ? t('withPassphrase') : t('privateKey')
  return (
    <>
      <Fact label={t('credentials')}>{credentials}</Fact>
      <Fact label={t('hostKey')}>
        <code className="break-all">{transport.hostKey}</code>
      </Fact>
      <Fact label={t('socket')}>{transport.socketPath ?? t('found')}</Fact>
      {transport.jump && (
        <Fact label={t('jump')}>
          <code className="break-all">
            {transport.jump.username}@{transport.jump.host}:{transport.jump.port} {transport.jump.hostKey}
          </code>
        </Fact>
      )}
    </>
  )
}

/** A certificate within a month of its end is said in the colour of caution. */
function CertificateEnd({ at }: { at: string }) {
  const t = useTranslations('hosts.drawer')
  const format = useFormat()
  const days = useNow((now) => Math.floor((Date.parse(at) - now) / 86_400_000))
  return (
    <span className={days !== null && days < 30 ? 'text-caution' : undefined}>
      {format.date(at)} {days !== null && days < 30 && `(${t('certSoon', { days })})`}
    </span>
  )
}
