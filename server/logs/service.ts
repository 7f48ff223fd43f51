import { matchesFilter, parseContainerFilter } from '#lib/container-filter.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { LogPosition, LogSelection, LogServerFrame } from '#lib/contracts/logs.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import type { Options } from './source.ts'
import { createTails, type Tails } from './tails.ts'
import { LogView } from './view.ts'

export interface LogService {
  /**
   * A viewer's log; `open` begins it. Containers that the viewer may not read are as if they were not there.
   */
  view(
    principal: Principal,
    request: { selection: LogSelection; options: Options; resume: Record<string, LogPosition> },
    send: (frame: LogServerFrame) => void,
    ended?: () => void,
  ): LogView
  readonly tails: Tails
}

export function createLogService(parts: {
  registry: HostRegistry
  fleet: FleetState
  authorize: Authorize
}): LogService {
  const { registry, fleet, authorize } = parts
  const tails = createTails({ registry, fleet })
  const may = (principal: Principal, { hostId, id }: Container) => {
    try {
      authorize(principal, 'containers.logs', { hostId, objectId: id })
      return true
    } catch {
      return false
    }
  }
  const chosen = (selection: LogSelection): Container[] => {
    if ('containers' in selection) {
      return selection.containers.map(({ hostId, containerId }) => {
        const container = fleet.get('containers', hostId, containerId)
        if (!container) throw new AppError('container_not_found', { hostId, objectId: containerId })
        return container
      })
    }
    const parsed = parseContainerFilter(selection.filter)
    if (!parsed.ok) throw new AppError('invalid_filter', { params: { reason: parsed.problem.text } })
    const hosts = new Map(fleet.hosts().map((host) => [host.id, host]))
    return fleet
      .all('containers')
      .filter((container) => matchesFilter(parsed.terms, container, hosts.get(container.hostId)))
      .sort((a, b) => a.name.localeCompare(b.name))
  }
  return {
    tails,
    view(principal, request, send, ended) {
      const select = (selection: LogSelection) => {
        const containers = chosen(selection)
        const allowed = containers.filter((container) => may(principal, container))
        const [first] = containers
        if ('containers' in selection && allowed.length < containers.length && first) {
          throw new AppError('container_not_found', { hostId: first.hostId, objectId: first.id })
        }
        return allowed
      }
      return new LogView(request, { registry, fleet, tails, select }, send, ended)
    },
  }
}
