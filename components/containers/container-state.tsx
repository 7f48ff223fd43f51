'use client'
import { useTranslations } from 'use-intl'
import { StateMark, type StateTone } from '#components/ui/state-mark.tsx'
import type { Container, ContainerAction } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'

export function toneOf(container: Container): StateTone {
  if (container.health === 'unhealthy' && container.state === 'running') return 'unhealthy'
  switch (container.state) {
    case 'running':
      return 'running'
    case 'paused':
      return 'paused'
    case 'restarting':
    case 'removing':
      return 'busy'
    case 'dead':
      return 'unhealthy'
    default:
      return 'exited'
  }
}

/** Rows of a host that is not online are old: their state is what it was. */
export const isStale = (host: Host | undefined) => host !== undefined && host.state !== 'online'

/** The state in shape, colour and word; an action under way is said in its place. */
export function ContainerState({
  container,
  pending,
}: {
  container: Container
  pending?: ContainerAction | null
}) {
  const t = useTranslations('containers')
  if (pending) return <StateMark tone="busy" label={t(`pending.${pending}`)} />
  const exited = container.state === 'exited' && container.exitCode !== null
  const label = exited
    ? t('state.exitedWith', { code: container.exitCode ?? 0 })
    : t(`state.${container.state}`)
  const failed = exited && container.exitCode !== 0
  return <StateMark tone={failed ? 'unhealthy' : toneOf(container)} label={label} />
}
