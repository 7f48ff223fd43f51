'use client'
import { useTranslations } from 'use-intl'
import { useFormat } from '#components/ui/use-format.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { latest } from '#lib/fleet/stats.ts'
import { Sparkline } from './sparkline.tsx'
import { useContainerStats } from './use-stats.ts'

/** Five per cent of a core fill the sparkline: below it a container is idle, and should look it. */
export const idleCpu = 5

const nothing = <span className="text-ink-faint">–</span>

const isRunning = ({ state }: Container) => state === 'running' || state === 'paused'

/** CPU of one container with the last ten minutes. A dash while it is not known. */
export function CpuCell({ container }: { container: Container }) {
  const stats = useContainerStats(container.hostId, container.id)
  const format = useFormat()
  const cpu = latest(stats?.cpu)
  if (!stats || !isRunning(container)) return nothing
  return (
    <span className="flex items-center justify-end gap-2 tabular-nums">
      <Sparkline values={stats.cpu} top={idleCpu} />
      <span className="w-12">{cpu === null ? nothing : format.percent(cpu / 100, cpu < 100 ? 1 : 0)}</span>
    </span>
  )
}

/** Memory of one container with the last ten minutes; of its limit where it has one. */
export function MemoryCell({ container }: { container: Container }) {
  const t = useTranslations('stats')
  const stats = useContainerStats(container.hostId, container.id)
  const format = useFormat()
  const memory = latest(stats?.memory)
  if (!stats || !isRunning(container)) return nothing
  const title =
    memory !== null && stats.memoryLimit
      ? t('memoryOf', { used: format.memory(memory), limit: format.memory(stats.memoryLimit) })
      : undefined
  return (
    <span className="flex items-center justify-end gap-2 tabular-nums" title={title}>
      <Sparkline values={stats.memory} top={(memory ?? 0) * 1.25} />
      <span className="w-15">{memory === null ? nothing : format.memory(memory)}</span>
    </span>
  )
}

/** Both in a few characters, for a phone. */
export function StatsInBrief({ container }: { container: Container }) {
  const stats = useContainerStats(container.hostId, container.id)
  const format = useFormat()
  const [cpu, memory] = [latest(stats?.cpu), latest(stats?.memory)]
  if (cpu === null || memory === null || !isRunning(container)) return null
  return (
    <span className="tabular-nums">
      {format.percent(cpu / 100, cpu < 100 ? 1 : 0)} · {format.memory(memory)}
    </span>
  )
}
