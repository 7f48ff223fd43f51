'use client'
import { useTranslations } from 'use-intl'
import { StateMark, type StateTone } from '#components/ui/state-mark.tsx'
import type { Host, HostState } from '#lib/contracts/hosts.ts'
import { unreadOf } from '#lib/fleet/host-reading.ts'

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
  // It answers, and what it answers is of no use: not online as the others are.
  if (unreadOf(host)) return <StateMark tone="unhealthy" label={t('unread')} quiet={quiet} />
  return <StateMark tone={tones[host.state]} label={t(host.state)} quiet={quiet} />
}
