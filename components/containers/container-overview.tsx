'use client'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { links } from '#components/data/links.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMayWith } from '#components/data/use-session.ts'
import { Fact, Facts, Identifier, NameValues } from '#components/details/facts.tsx'
import { Section } from '#components/details/section.tsx'
import { Age } from '#components/ui/age.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { explainExitCode } from '#lib/containers/exit-code.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { ContainerHealth, type InspectedHealth } from './container-health.tsx'
import { ContainerState } from './container-state.tsx'
import { PortLinks, publishedPorts } from './ports.tsx'

/** The parts of the engine's document that are shown; all of them optional, since engines differ. */
interface Inspected extends InspectedHealth {
  HostConfig?: {
    NanoCpus?: number
    Memory?: number
    RestartPolicy?: { Name?: string; MaximumRetryCount?: number }
  }
  NetworkSettings?: { Networks?: Record<string, { IPAddress?: string } | null> | null }
  Mounts?: { Type?: string; Name?: string; Source?: string; Destination?: string; RW?: boolean }[] | null
}

export function ContainerOverview({
  container,
  host,
  inspect,
}: {
  container: Container
  host: Host | undefined
  inspect: Record<string, unknown> | undefined
}) {
  const t = useTranslations('containers.drawer')
  const format = useFormat()
  const href = useScopedHref()
  const mayRead = useMayWith(container)('containers.files.read')
  const document = inspect as Inspected | undefined
  const limits = limitsOf(document)
  const policy = document?.HostConfig?.RestartPolicy
  return (
    <>
      <Section title={t('why')}>
        <Why container={container} />
      </Section>
      {document?.State?.Health && (
        <Section title={t('healthLog')}>
          <ContainerHealth document={document} />
        </Section>
      )}
      <Section title={t('facts')}>
        <Facts>
          <Fact label={t('host')}>{host?.name}</Fact>
          <Fact label={t('image')}>{container.image}</Fact>
          <Fact label={t('digest')}>
            <Identifier text={container.imageId} />
          </Fact>
          <Fact label={t('id')}>
            <Identifier text={container.id} />
          </Fact>
          <Fact label={t('command')}>
            <code className="break-all">{container.command}</code>
          </Fact>
          <Fact label={t('created')}>{format.dateTime(container.createdAt)}</Fact>
          {container.startedAt && <Fact label={t('started')}>{format.dateTime(container.startedAt)}</Fact>}
          {container.finishedAt && <Fact label={t('finished')}>{format.dateTime(container.finishedAt)}</Fact>}
          {policy?.Name && (
            <Fact label={t('policy')}>
              {policy.Name}
              {policy.MaximumRetryCount ? ` (${policy.MaximumRetryCount})` : ''}
            </Fact>
          )}
          {document && (
            <Fact label={t('limits')}>
              {[
                limits.cpus ? t('cpuLimit', { cpus: String(limits.cpus) }) : null,
                limits.memory ? t('memoryLimit', { memory: format.memory(limits.memory) }) : null,
              ]
                .filter(Boolean)
                .join(', ') || t('noLimits')}
            </Fact>
          )}
          <Fact label={t('networks')}>
            {container.networks
              .map((name) =>
                [name, document?.NetworkSettings?.Networks?.[name]?.IPAddress].filter(Boolean).join(' '),
              )
              .join(', ') || '–'}
          </Fact>
        </Facts>
      </Section>
      <Section title={t('ports')}>
        {container.ports.length === 0 ? (
          <p className="text-ink-muted">{t('noPorts')}</p>
        ) : (
          <p>
            {publishedPorts(container.ports).length > 0 && <PortLinks ports={container.ports} host={host} />}
            {container.ports
              .filter((port) => port.hostPort === null)
              .map((port) => (
                <span key={`${port.containerPort}/${port.protocol}`} className="ml-2 text-ink-muted">
                  {port.containerPort}/{port.protocol} ({t('exposedOnly')})
                </span>
              ))}
          </p>
        )}
      </Section>
      {document && (
        <Section title={t('mounts')}>
          {(document.Mounts ?? []).length === 0 ? (
            <p className="text-ink-muted">{t('noMounts')}</p>
          ) : (
            <ul>
              {(document.Mounts ?? []).map((mount) => (
                <li key={mount.Destination} className="break-all py-0.5 font-mono text-xs">
                  {mount.Name ?? mount.Source} →{' '}
                  {mayRead ? (
                    <Link
                      href={href(
                        `/containers/${container.hostId}/${container.id}?tab=files&path=${encodeURIComponent(mount.Destination ?? '/')}`,
                      )}
                      className="text-accent hover:underline"
                    >
                      {mount.Destination}
                    </Link>
                  ) : (
                    mount.Destination
                  )}{' '}
                  {mount.RW === false && <em>({t('readOnly')})</em>}
                </li>
              ))}
            </ul>
          )}
        </Section>
      )}
      <Siblings container={container} />
      <Section title={t('labels')}>
        {Object.keys(container.labels).length === 0 ? (
          <p className="text-ink-muted">{t('noLabels')}</p>
        ) : (
          <NameValues entries={Object.entries(container.labels)} />
        )}
      </Section>
    </>
  )
}

function limitsOf(document: Inspected | undefined) {
  const { NanoCpus, Memory } = document?.HostConfig ?? {}
  return { cpus: NanoCpus ? NanoCpus / 1e9 : null, memory: Memory || null }
}

/** The state in sentences: what happened, what the code means, and what the engine did since. */
function Why({ container }: { container: Container }) {
  const t = useTranslations('containers')
  const { state, exitCode, error, oomKilled, health, restartCount } = container
  const exit = exitCode === null ? null : explainExitCode(exitCode)
  return (
    <div className="flex flex-col gap-1">
      <p>
        {state === 'running'
          ? container.startedAt && t.rich('why.running', { time: () => <Age at={container.startedAt} ago /> })
          : state === 'restarting' && exitCode !== null
            ? t('why.restartingWith', { code: exitCode })
            : state === 'created' && error
              ? t('why.startFailed')
              : t(`why.${state}`, { code: exitCode ?? 0 })}
      </p>
      {error && state !== 'created' && <p>{t('why.error')}</p>}
      {error && <code className="whitespace-pre-wrap break-words text-state-unhealthy">{error}</code>}
      {oomKilled && <p className="text-state-unhealthy">{t('why.oom')}</p>}
      {exit?.meaning && (
        <p className="text-ink-muted">{t(`exit.${exit.meaning}`, { signal: exit.signal ?? 0 })}</p>
      )}
      {state === 'running' && health === 'unhealthy' && (
        <p className="text-state-unhealthy">{t('why.unhealthy')}</p>
      )}
      {(restartCount ?? 0) > 0 && (
        <p className="text-ink-muted">{t('why.restarts', { count: restartCount ?? 0 })}</p>
      )}
    </div>
  )
}

/** The other containers of its stack, on its host. */
function Siblings({ container }: { container: Container }) {
  const t = useTranslations('containers.drawer')
  const href = useScopedHref()
  const all = useFleet((fleet) => fleet.containers)
  if (!container.stack) return null
  const siblings = [...all.values()].filter(
    (other) =>
      other.hostId === container.hostId && other.stack === container.stack && other.id !== container.id,
  )
  if (siblings.length === 0) return null
  return (
    <Section title={t('siblings', { stack: container.stack })}>
      <ul>
        {siblings.map((other) => (
          <li key={other.id} className="flex items-center gap-3 py-0.5">
            <span className="w-28 shrink-0">
              <ContainerState container={other} />
            </span>
            <Link href={href(links.container(other))} className="truncate text-accent hover:underline">
              {other.name}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}
