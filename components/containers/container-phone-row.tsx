'use client'
import { HostCell } from '#components/object-list/host-cell.tsx'
import { StatsInBrief } from '#components/stats/stats-cells.tsx'
import { Age } from '#components/ui/age.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { NameCell, sinceOf } from './container-columns.tsx'
import { LiveState } from './live-state.tsx'

/** Two lines: what it is and how it is; where it is and since when. */
export function ContainerPhoneRow({ container, host }: { container: Container; host: Host | undefined }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <div className="flex items-center justify-between gap-2">
        <NameCell container={container} alone />
        <span className="shrink-0">
          <LiveState container={container} />
        </span>
      </div>
      <div className="flex items-center justify-between gap-2 text-ink-muted text-xs">
        <span className="truncate">
          <HostCell host={host} kind="containers" /> · {container.image}
        </span>
        <span className="flex shrink-0 gap-1.5">
          <StatsInBrief container={container} />
          <Age at={sinceOf(container)} className="text-right" />
        </span>
      </div>
    </div>
  )
}
