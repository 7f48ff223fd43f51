'use client'
import { useTranslations } from 'use-intl'
import { StateMark, type StateTone } from '#components/ui/state-mark.tsx'
import type { Host, HostState } from '#lib/contracts/hosts.ts'

const tones: Record<HostState, StateTone> = {
  online: 'running',
  connecting: 'busy',
  unresponsive: 'unhealthy',
  unreachable: 'unreachable',
  unauthorised: 'unhealthy',
  paused: 'paused',
}

export function HostStateMark({ host, quiet }: { host: Host; quiet?: boolean }) {
  const t = useTranslations('hosts.state')
  return <StateMark tone={tones[host.state]} label={t(host.state)} quiet={quiet} />
}
