'use client'
import { useTranslations } from 'use-intl'
import { cn } from '#components/ui/cn.ts'
import { useFormat } from '#components/ui/use-format.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { latest } from '#lib/fleet/stats.ts'
import { Sparkline } from './sparkline.tsx'
import { useHostStats } from './use-stats.ts'

const nothing = <span className="text-ink-faint">–</span>
const box = 'flex items-center justify-end gap-2 tabular-nums'

/** Share of the host's CPUs that its containers use, with the last ten minutes. */
export function HostCpu({ host, className }: { host: Host; className?: string }) {
  const t = useTranslations('stats')
  const format = useFormat()
  const stats = useHostStats(host.id)
  const cpus = host.engine?.cpus
  const cpu = host.state === 'online' ? latest(stats?.cpu) : null
  return (
    <span className={cn(box, className)} title={cpus ? t('hostCpu', { cpus }) : undefined}>
      {stats && cpus && <Sparkline values={stats.cpu} top={cpus * 10} />}
      <span className="min-w-11 text-right">
        {cpu === null || !cpus ? nothing : format.percent(cpu / 100 / cpus, 1)}
      </span>
    </span>
  )
}

/** Memory that its containers use, of the host's. */
export function HostMemory({ host, className }: { host: Host; className?: string }) {
  const t = useTranslations('stats')
  const format = useFormat()
  const stats = useHostStats(host.id)
  const whole = host.engine?.memoryBytes
  const memory = host.state === 'online' ? latest(stats?.memory) : null
  return (
    <span
      className={cn(box, className)}
      title={whole ? t('hostMemory', { memory: format.memory(whole) }) : undefined}
    >
      {stats && <Sparkline values={stats.memory} top={(memory ?? 0) * 1.25} />}
      <span className="min-w-15 text-right">{memory === null ? nothing : format.memory(memory)}</span>
    </span>
  )
}
