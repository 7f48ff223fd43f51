'use client'
import { useTranslations } from 'use-intl'
import { useFormat } from '#components/ui/use-format.ts'
import type { EngineInfo } from '#lib/contracts/hosts.ts'
import type { StatsPoint } from '#lib/contracts/stats.ts'
import { type Measure, roundTop, valueOf } from './chart-window.ts'
import { idleCpu } from './stats-cells.tsx'
import { type ChartWindow, StatsChart } from './stats-chart.tsx'
import type { LiveStats } from './stats-client.ts'

const highest = (points: readonly StatsPoint[], ...shown: Measure[]) =>
  Math.max(0, ...points.flatMap((point) => shown.map((measure) => valueOf(point, measure) ?? 0)))

/** The five charts of a container. */
export function StatsCharts({
  stats,
  shown,
  engine,
}: {
  stats: LiveStats
  shown: ChartWindow
  engine: EngineInfo | null
}) {
  const t = useTranslations('stats')
  const format = useFormat()
  const { points } = shown
  const share = (part: number) => format.percent(part, part > 0 && part < 0.1 ? 1 : 0)
  const perSecond = (bytes: number) => t('perSecond', { bytes: format.memory(bytes) })
  const rates = (...shownRates: Measure[]) =>
    roundTop(Math.max(1024, highest(points, ...shownRates)), 'bytes')

  const cpus = stats.cpuLimit ?? engine?.cpus ?? null
  const cpuRight = cpus && {
    label: stats.cpuLimit ? t('cpuOfLimit', { cpus }) : t('cpuOfHost', { cpus }),
    format: (cpu: number) => share(cpu / 100 / cpus),
  }
  // Without a limit of its own engines name the host's memory.
  const limit = valueOf(
    points.findLast((point) => valueOf(point, 'memoryLimit') !== null),
    'memoryLimit',
  )
  const ownLimit = limit !== null && (!engine?.memoryBytes || limit < engine.memoryBytes * 0.99)
  const highestMemory = highest(points, 'memory')
  // The engine kills what goes above its limit: 100 % is the top, also where it is no round number.
  const memoryTop =
    ownLimit && highestMemory <= limit ? limit : roundTop(Math.max(1024 * 1024, highestMemory * 1.1), 'bytes')
  const hasNetwork = stats.totals === null || stats.totals.received !== null
  return (
    <>
      <StatsChart
        title={t('cpu')}
        series={[{ measure: 'cpu', label: t('cpuOfCore') }]}
        window={shown}
        top={roundTop(Math.max(idleCpu, highest(points, 'cpu')), 'share')}
        // Whole on the axis.
        format={(cpu) => format.percent(cpu / 100, cpu >= 100 || Number.isInteger(cpu) ? 0 : 1)}
        right={cpuRight || null}
      />
      <StatsChart
        title={t('memory')}
        // Podman does not tell how much of it is cache.
        series={[
          { measure: 'memory', label: t(engine?.flavour === 'podman' ? 'memoryUsed' : 'memoryWithoutCache') },
        ]}
        window={shown}
        top={memoryTop}
        format={format.memory}
        right={
          limit === null
            ? null
            : {
                label: t(ownLimit ? 'memoryOfLimit' : 'memoryOfHost', { limit: format.memory(limit) }),
                format: (memory) => share(memory / limit),
              }
        }
        limit={ownLimit ? { value: limit, label: t('limit') } : null}
      />
      <StatsChart
        title={t('network')}
        series={[
          { measure: 'received', label: t('received') },
          { measure: 'sent', label: t('sent') },
        ]}
        window={shown}
        top={rates('received', 'sent')}
        format={perSecond}
        note={hasNetwork ? undefined : t('noNetwork')}
      />
      <StatsChart
        title={t('block')}
        series={[
          { measure: 'read', label: t('read') },
          { measure: 'written', label: t('written') },
        ]}
        window={shown}
        top={rates('read', 'written')}
        format={perSecond}
      />
      <StatsChart
        title={t('pids')}
        series={[{ measure: 'pids', label: t('pidsLine') }]}
        window={shown}
        top={roundTop(Math.max(2, highest(points, 'pids')), 'whole')}
        format={format.count}
      />
    </>
  )
}
