'use client'
import { useTranslations } from 'use-intl'
import { StateMark, type StateTone } from '#components/ui/state-mark.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { PendingAction } from './use-container-actions.ts'

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
    case 'created':
      return container.error ? 'unhealthy' : 'exited'
    case 'exited':
      return container.exitCode ? 'unhealthy' : 'exited'
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
  pending?: PendingAction | null
}) {
  const t = useTranslations('containers')
  if (pending) return <StateMark tone="busy" label={pendingLabel(pending)} />
  const { state, exitCode, error } = container
  function pendingLabel({ action, graceSeconds }: PendingAction) {
    if (graceSeconds === null || (action !== 'stop' && action !== 'restart')) return t(`pending.${action}`)
    return t(`pending.${action}${graceSeconds < 0 ? 'Forever' : 'Within'}`, { seconds: graceSeconds })
  }
  const label = () => {
    if (state === 'created' && error) return t('state.startFailed')
    if (exitCode !== null && (state === 'exited' || state === 'restarting'))
      return t(`state.${state}With`, { code: exitCode })
    return t(`state.${state}`)
  }
  const mark = <StateMark tone={toneOf(container)} label={label()} />
  return error ? (
    <span title={error} className="min-w-0">
      {mark}
    </span>
  ) : (
    mark
  )
}
