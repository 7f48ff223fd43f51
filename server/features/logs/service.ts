import { matchesFilter, parseContainerFilter } from '#lib/containers/filter.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { LogPosition, LogSelection, LogServerFrame } from '#lib/contracts/logs.ts'
import type { Access } from '../../access/access.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import type { Options } from './source.ts'
import { createTails, type Tails } from './tails.ts'
import { LogView } from './view.ts'

export interface LogService {
  /**
   * A viewer's log; `open` begins it. Containers that the viewer may not read are as if they were not there. `lost` is
   * called when one of the log may be read no more: the viewer has to begin anew; `failed` when it could not be told
   * whether it may. While `isBehind` nothing is sent, until the next `taken`.
   */
  view(
    principal: Principal,
    request: { selection: LogSelection; options: Options; resume: Record<string, LogPosition> },
    send: (frame: LogServerFrame) => void,
    told?: { ended?: () => void; lost?: () => void; failed?: () => void; isBehind?: () => boolean },
  ): LogView
  readonly tails: Tails
}

export function createLogService(parts: {
  registry: HostRegistry
  fleet: FleetState
  authorize: Authorize
  visibilityOf: VisibilityOf
  onChanged: Access['onChanged']
}): LogService {
  const { registry, fleet, authorize, visibilityOf, onChanged } = parts
  const tails = createTails({ registry, fleet })
  const chosen = (principal: Principal, selection: LogSelection): Container[] => {
    if ('containers' in selection) {
      return selection.containers.map(({ hostId, containerId }) => {
        authorizeAct(authorize, principal, 'container.logs', { hostId, objectId: containerId })
        const container = fleet.get('containers', hostId, containerId)
        if (!container) throw new AppError('container_not_found', { hostId, objectId: containerId })
        return container
      })
    }
    const parsed = parseContainerFilter(selection.filter)
    if (!parsed.ok) throw new AppError('invalid_filter', { params: { reason: parsed.problem.text } })
    const hosts = new Map(fleet.hosts().map((host) => [host.id, host]))
    const visibility = visibilityOf(principal)
    return fleet
      .all('containers')
      .filter((container) => visibility.may('containers.logs', container))
      .filter((container) => matchesFilter(parsed.terms, container, hosts.get(container.hostId)))
      .sort((a, b) => a.name.localeCompare(b.name))
  }
  return {
    tails,
    view(principal, request, send, { ended, lost, failed, isBehind } = {}) {
      const select = (selection: LogSelection) => chosen(principal, selection)
      const view = new LogView(request, { registry, fleet, tails, select }, send, ended, isBehind)
      const unsubscribe = onChanged(() => {
        const visibility = visibilityOf(principal)
        // One that is gone meanwhile is read to its end.
        const known = view.containers().flatMap(([hostId, id]) => fleet.get('containers', hostId, id) ?? [])
        if (known.every((container) => visibility.may('containers.logs', container))) return
        view.close()
        lost?.()
      }, failed)
      view.onClosed(unsubscribe)
      return view
    },
  }
}
