import { decide, mayOn, type Place, selectsHost } from '#lib/access.ts'
import type { Explanation, Rights } from '#lib/contracts/access.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { hostKinds, kinds, objectKinds } from '#lib/fleet/kinds.ts'
import { type Permission, permissions, type Role, rolePermissions, withImplied } from '#lib/permissions.ts'
import { AppError } from '../errors.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import type { Log } from '../log.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import type { Subscribe } from '../publisher.ts'
import { type ChangedBy, followAccess } from './access-changes.ts'
import type { Grants } from './grants.ts'
import { type Told, veilWords, wordsOf } from './redact-error.ts'
import type { Visibility, VisibilityOf } from './visibility.ts'

type HostFacts = Pick<Host, 'id' | 'tags'>
type ContainerFacts = Pick<Container, 'name' | 'labels'> & { id?: string }

/** Whose rights somebody has. */
export interface Person {
  userId: string
  role: Role | null
}

/** Somebody as whom an administrator looks at the dashboard. */
export interface Previewed extends Person {
  name: string
  email: string
}

export interface Access {
  authorize: Authorize
  visibilityOf: VisibilityOf
  /** What they may, and where; for an API token no more than it was made for. */
  rightsOf(principal: Principal): Rights
  /** As `rightsOf`, for themselves to know: a denial that hides would name what is hidden. */
  visibleRights(principal: Principal): Rights
  /** Held somewhere. */
  allowed(principal: Principal): Permission[]
  /**
   * Throws access_would_change when a container of another name or other labels would be another thing to them: by a
   * rename they could take it out of what somebody gave them, or put it in.
   * @param before absent for a container that is made: it may then not be more to them than one without name and labels
   */
  authorizeChange(
    principal: Principal,
    hostId: string,
    change: { before?: ContainerFacts; after: ContainerFacts },
  ): void
  /**
   * Throws host_access_would_change when a host that is added, tagged otherwise or led elsewhere would give somebody whose
   * rights are by tag or host more than they have, there or on the engine that it leads to.
   * @param change.before absent for a host that is added
   * @param change.leadsElsewhere its transport is another: which machine answers there nobody knows
   */
  authorizeHostChange(
    principal: Principal,
    change: { before?: HostFacts; after: HostFacts; leadsElsewhere: boolean },
  ): void
  /** Whose rights they have: their own, or those of whom they preview. */
  personOf(principal: Principal): Person
  /** Null: they look as themselves. */
  previewOf(principal: Principal): Previewed | null
  /** The session has this person's rights from now on, and can change nothing; null: its own again. */
  preview(principal: Principal, previewed: Previewed | null): void
  /**
   * The error without what the engine's text in it says of containers that they may not know of.
   * @param said what they asked for, which is theirs to read again
   */
  redactError(principal: Principal, error: AppError, said: string): AppError
  /** What an engine's text may tell them, of one host or of all. */
  told(principal: Principal, said: string, hostId?: string): Told
  /** Called when rights may be others than before. */
  onChanged: Subscribe<ChangedBy>
  /** Throws host_not_found, container_not_found. */
  explain(person: Person, hostId: string, containerId: string | undefined): Explanation
}

/** The views that lists and the live socket show. */
const views: readonly Permission[] = ['hosts.view', ...objectKinds.map((kind) => kinds[kind].view)]

/**
 * Who may do what, where: the only place that decides. Reads tags, names and labels as they are known at the moment of
 * the question.
 */
export function createAccess(parts: {
  grants: Pick<Grants, 'resolved' | 'onChanged'>
  registry: { facts(hostId: string): HostFacts | undefined; subscribe: HostRegistry['subscribe'] }
  fleet: Pick<FleetState, 'get' | 'all' | 'subscribe'>
  log: Log
}): Access {
  /** By session. A restart ends them. */
  const previews = new Map<string, Previewed>()
  const previewOf = (principal: Principal) => previews.get(principal.sessionId) ?? null
  const personOf = (principal: Principal): Person => previewOf(principal) ?? principal
  const rights = ({ userId, role }: Person): Rights => ({
    own: role === null ? [] : [...rolePermissions[role]],
    // An administrator may do everything everywhere, or a grant could take the last one's rights.
    grants: role === 'administrator' ? [] : parts.grants.resolved(userId),
  })
  const rightsOf = (principal: Principal): Rights => narrowed(rights(personOf(principal)), principal)
  /** What an API token's owner sees is there for the token too, which then is denied what it was not made for. */
  const seesHost = (owner: Rights, host: HostFacts) => mayOn(owner, 'hosts.view', { host })
  const sees = (owner: Rights, host: HostFacts, container: ContainerFacts) =>
    seesHost(owner, host) && mayOn(owner, 'containers.view', { host, container })

  const onChanged = followAccess(parts)

  const authorize: Authorize = (principal, permission, { hostId, objectId, facts, hostWide } = {}) => {
    const where = { ...(hostId ? { hostId } : {}), ...(objectId ? { objectId } : {}) }
    const denied = () => new AppError('denied', { ...where, params: { permission } })
    const held = rightsOf(principal)
    if (!mayOn(held, permission)) throw denied()
    const owner = rights(personOf(principal))
    // A certificate is for one host; whoever sees the other is told so.
    const isElsewhere = principal.token?.hostId !== undefined && principal.token.hostId !== hostId
    const elsewhere = () => new AppError('certificate_host', { ...where, cause: denied() })
    if (hostId === undefined || (owner.grants.length === 0 && owner.own.includes('hosts.view'))) {
      if (isElsewhere) throw elsewhere()
      return
    }
    const host = parts.registry.facts(hostId)
    // Its cause is for the audit log alone: the answer is that of what does not exist.
    if (!host) throw new AppError('host_not_found', { hostId })
    if (!seesHost(owner, host)) throw new AppError('host_not_found', { hostId, cause: denied() })
    if (isElsewhere) throw elsewhere()
    const place: Place = { host, hostWide }
    if (objectId !== undefined && permission.startsWith('containers.') && !hostWide) {
      const container = facts ?? parts.fleet.get('containers', hostId, objectId)
      if (!container) throw new AppError('container_not_found', where)
      if (!sees(owner, host, container))
        throw new AppError('container_not_found', { ...where, cause: denied() })
      place.container = container
    }
    if (!mayOn(held, permission, place) || (hostWide && deniedInPart(owner, host))) throw denied()
  }

  const access: Access = {
    authorize,
    rightsOf,
    visibleRights(principal) {
      const { own, grants } = rightsOf(principal)
      const hides = ({ effect, hosts, containers, permissions: denied }: (typeof grants)[number]) =>
        effect === 'deny' &&
        (containers.kind === 'all'
          ? hosts.kind !== 'all' && denied.includes('hosts.view')
          : denied.includes('containers.view'))
      return { own, grants: grants.filter((grant) => !hides(grant)) }
    },
    allowed: (principal) => {
      const held = rightsOf(principal)
      return permissions.filter((permission) => mayOn(held, permission))
    },
    visibilityOf(principal) {
      const held = rightsOf(principal)
      const owner = rights(personOf(principal))
      const nothingDenied = owner.grants.every(({ effect }) => effect === 'allow')
      const everywhere = (permission: Permission) =>
        nothingDenied &&
        mayOn(permission === 'hosts.view' ? owner : held, permission, { host: nowhere, hostWide: true })
      const everything = views.every(everywhere)
      const hosts = new Map<string, HostFacts | null>()
      const visible = (hostId: string) => {
        let host = hosts.get(hostId)
        if (host === undefined) {
          const found = parts.registry.facts(hostId)
          host = found && seesHost(owner, found) ? found : null
          hosts.set(hostId, host)
        }
        return host
      }
      const may = (permission: Permission, container: ContainerFacts & { hostId: string }) => {
        const host = visible(container.hostId)
        return host !== null && sees(owner, host, container) && mayOn(held, permission, { host, container })
      }
      const objects: Visibility['objects'] = (kind, hostId) => {
        if (everything) return true
        const host = visible(hostId)
        return host !== null && mayOn(held, kinds[kind].view, { host })
      }
      const users = new Map<string, Map<string, Container[]>>()
      /** Of a host, by the names of their volumes. */
      const containersWith = (hostId: string) => {
        let byVolume = users.get(hostId)
        if (!byVolume) {
          byVolume = new Map()
          for (const container of parts.fleet.all('containers', hostId))
            for (const name of container.volumes ?? [])
              byVolume.set(name, [...(byVolume.get(name) ?? []), container])
          users.set(hostId, byVolume)
        }
        return byVolume
      }
      return {
        everything,
        host: (hostId) => everything || visible(hostId) !== null,
        container: (container) => everything || may('containers.view', container),
        objects,
        volume({ hostId, id, labels }) {
          if (objects('volumes', hostId)) return true
          const maySee = (container: ContainerFacts) => may('volumes.view', { ...container, hostId })
          // As that of a container which is called nothing: a pattern of names is one of containers' names.
          return maySee({ name: '', labels }) || (containersWith(hostId).get(id) ?? []).some(maySee)
        },
        may,
        mayHostWide(permission, hostId) {
          if (permission === 'containers.reveal' && previewOf(principal)) return false
          if (hostId === undefined) return everywhere(permission)
          const host = visible(hostId)
          return (
            host !== null && mayOn(held, permission, { host, hostWide: true }) && !deniedInPart(owner, host)
          )
        },
      }
    },
    personOf,
    previewOf,
    preview({ sessionId }, previewed) {
      if (previewed) previews.set(sessionId, previewed)
      else previews.delete(sessionId)
    },
    told(principal, said, hostId) {
      const visibility = access.visibilityOf(principal)
      const names = wordsOf(said)
      const starts = new Set<string>()
      for (const name of names) starts.add(name.slice(0, 12))
      for (const { id, name } of parts.fleet.all('containers', hostId).filter(visibility.container)) {
        names.add(name)
        starts.add(id.slice(0, 12))
      }
      for (const kind of hostKinds)
        for (const object of parts.fleet.all(kind, hostId))
          if (visibility.objects(kind, object.hostId))
            starts.add(object.id.replace(/^sha256:/, '').slice(0, 12))
      return { name: (word) => names.has(word), id: (start) => starts.has(start) }
    },
    redactError(principal, error, said) {
      const { detail, hostId } = error.context
      if (detail === undefined || access.visibilityOf(principal).everything) return error
      const words = veilWords(detail, access.told(principal, said, hostId))
      return words === detail ? error : new AppError(error.code, { ...error.context, detail: words })
    },
    onChanged,
    authorizeChange(principal, hostId, { before, after }) {
      const owner = rights(personOf(principal))
      const host = parts.registry.facts(hostId)
      if (owner.grants.length === 0 || !host) return
      const may = (container: ContainerFacts) =>
        permissions.map((permission) => mayOn(owner, permission, { host, container }))
      const then = may(after)
      const now = may(before ?? { name: '', labels: {} })
      const differs = then.some((allowed, index) =>
        before ? allowed !== now[index] : allowed && !now[index],
      )
      if (differs) throw new AppError('access_would_change', { hostId })
    },
    authorizeHostChange(principal, { before, after, leadsElsewhere }) {
      if (widens(rights(personOf(principal)), before ?? { ...nowhere, id: after.id }, after, leadsElsewhere))
        throw new AppError('host_access_would_change', before ? { hostId: before.id } : {})
    },
    explain(person, hostId, containerId) {
      const owner = rights(person)
      const host = parts.registry.facts(hostId)
      if (!host) throw new AppError('host_not_found', { hostId })
      const container =
        containerId === undefined ? undefined : parts.fleet.get('containers', hostId, containerId)
      if (containerId !== undefined && !container)
        throw new AppError('container_not_found', { hostId, objectId: containerId })
      return {
        visible: container ? sees(owner, host, container) : seesHost(owner, host),
        permissions: permissions.map((permission) => {
          return { permission, ...decide(owner, permission, { host, container }) }
        }),
      }
    },
  }
  return access
}

/** Whether something of a host is denied: what acts on all of it would act on that too. */
const deniedInPart = (owner: Rights, host: HostFacts) =>
  owner.grants.some(({ effect, hosts }) => effect === 'deny' && selectsHost(hosts, host))

/**
 * Whether somebody would have more: a denial that no longer counts there, or an allowance that does and gives what they
 * have not on all of that host. Led elsewhere, or added, it may be any engine, also one that is here under other tags: its
 * own rights must not depend on which.
 */
function widens(
  { own, grants }: Rights,
  before: HostFacts,
  after: HostFacts,
  leadsElsewhere: boolean,
): boolean {
  const partial = grants.filter(({ hosts }) => hosts.kind !== 'all')
  const allowed = { own, grants: grants.filter(({ effect }) => effect === 'allow') }
  if (leadsElsewhere && partial.some(({ effect }) => effect === 'deny')) return true
  return partial.some(({ effect, hosts, permissions: named }) => {
    const [then, now] = [selectsHost(hosts, after), selectsHost(hosts, before)]
    if (effect === 'deny') return now && !then
    // What it leads to from now on may be an engine where they have less.
    const place = leadsElsewhere ? nowhere : before
    if (!then || (now && !leadsElsewhere)) return false
    return named.some((permission) => !mayOn(allowed, permission, { host: place, hostWide: true }))
  })
}

/** A host that only what is for all hosts selects. */
const nowhere: HostFacts = { id: '', tags: [] }

/**
 * No more than an API token was made for. People are never for a token to change: an account made with it would outlive
 * it.
 */
function narrowed(rights: Rights, { token }: Principal): Rights {
  if (!token) return rights
  const made = withImplied(token.permissions)
  const kept = (list: readonly Permission[]) =>
    list.filter((permission) => permission !== 'users.edit' && made.includes(permission))
  return {
    own: kept(rights.own),
    grants: rights.grants.map((grant) =>
      grant.effect === 'deny' ? grant : { ...grant, permissions: kept(grant.permissions) },
    ),
  }
}
