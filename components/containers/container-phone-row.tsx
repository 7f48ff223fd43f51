'use client'
import { StatsInBrief } from '#components/stats/stats-cells.tsx'
import { Age } from '#components/ui/age.tsx'
import { objectKey } from '#lib/apply-live.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { HostCell, NameCell, sinceOf } from './container-columns.tsx'
import { ContainerState } from './container-state.tsx'
import { useActionStates } from './use-container-actions.ts'

/** Two lines: what it is and how it is; where it is and since when. */
export function ContainerPhoneRow({ container, host }: { container: Container; host: Host | undefined }) {
  const { pending } = useActionStates()
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <div className="flex items-center justify-between gap-2">
        <NameCell container={container} />
        <span className="shrink-0">
          <ContainerState
            container={container}
            pending={pending.get(objectKey(container.hostId, container.id)) ?? null}
          />
        </span>
      </div>
      <div className="flex items-center justify-between gap-2 text-ink-muted text-xs">
        <span className="truncate">
          <HostCell host={host} /> · {container.image}
        </span>
        <span className="flex shrink-0 gap-1.5">
          <StatsInBrief container={container} />
          <Age at={sinceOf(container)} className="text-right" />
        </span>
      </div>
    </div>
  )
}
