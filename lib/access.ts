import type { ContainerSelector, Grant, HostSelector, Rights } from './contracts/access.ts'
import { type Permission, scopeOf, withImplied } from './permissions.ts'

interface HostLike {
  id: string
  tags: readonly string[]
}
interface ContainerLike {
  /** Where it has one already. */
  id?: string
  name: string
  labels: Readonly<Record<string, string>>
}

/** What a question about permission is about. Without a host: whether it is held anywhere. */
export interface Place {
  host?: HostLike | undefined
  /** Of that host. Absent: whether it is held for any container there. */
  container?: ContainerLike | undefined
  /** Also of a container's permission: whether it is held for the host and all that is on it. */
  hostWide?: boolean | undefined
}

/** Whether these rights hold a permission there. Own role or any allowing grant, unless a grant denies it. */
export function mayOn(rights: Rights, permission: Permission, place: Place = {}): boolean {
  return decide(rights, permission, place).allowed
}

/** As `mayOn`, with what decided: their own role, or the ids of grants. */
export function decide(
  rights: Rights,
  permission: Permission,
  place: Place = {},
): { allowed: boolean; by: ('role' | Grant['id'])[] } {
  const about = rights.grants.filter(
    (grant) => grant.permissions.includes(permission) && counts(grant, permission, place),
  )
  const denying = about.filter(({ effect }) => effect === 'deny')
  if (denying.length > 0) return { allowed: false, by: denying.map(({ id }) => id) }
  const by: ('role' | Grant['id'])[] = about.map(({ id }) => id)
  if (rights.own.includes(permission)) by.unshift('role')
  return { allowed: by.length > 0, by }
}

function counts(
  { effect, hosts, containers }: Rights['grants'][number],
  permission: Permission,
  { host, container, hostWide }: Place,
): boolean {
  const scope = scopeOf(permission)
  const ofAll = containers.kind === 'all'
  if (scope === 'everything') return hosts.kind === 'all' && ofAll
  // Asked whether it is held at all, a denial of a part takes nothing away, and a grant of a part is enough.
  const partly = effect === 'allow'
  if (host ? !selectsHost(hosts, host) : hosts.kind !== 'all' && !partly) return false
  // A denial of some containers takes nothing of a host as a whole, but does of what is asked about one of them.
  if (scope === 'host' && !hostWide && container && !partly && permission.startsWith('containers.'))
    return selectsContainer(containers, container)
  // Of all that is on a host, or what of it belongs to one container.
  const isOfPart = scope === 'part' && container !== undefined
  if (scope === 'host' || hostWide || (scope === 'part' && host && !isOfPart)) return ofAll
  return container && permission !== 'hosts.view' ? selectsContainer(containers, container) : ofAll || partly
}

export function selectsHost(selector: HostSelector, host: HostLike): boolean {
  if (selector.kind === 'all') return true
  return selector.kind === 'tag' ? host.tags.includes(selector.tag) : host.id === selector.hostId
}

export function selectsContainer(selector: ContainerSelector, container: ContainerLike): boolean {
  if (selector.kind === 'all') return true
  if (selector.kind === 'name') return matchesPattern(selector.pattern, decidingName(container))
  const { key, value } = selector
  const { labels } = container
  return Object.hasOwn(labels, key) && (value === null || labels[key] === value)
}

/** What a container is called while another one is made in its place, and after it where the old one is kept. */
export const asideName = ({ id, name }: { id: string; name: string }) => `${name}-old-${id.slice(0, 6)}`

/** Put aside, it is to everybody what it was before: else making it anew would take it out of a grant, or of a denial. */
function decidingName({ id, name }: ContainerLike): string {
  const ending = id === undefined ? '' : asideName({ id, name: '' })
  return ending !== '' && name.endsWith(ending) ? name.slice(0, -ending.length) : name
}

/** `*` is any text, `?` any character. No regular expression: `a*a*a*a*b` would take it for ever. */
export function matchesPattern(pattern: string, name: string): boolean {
  let at = 0
  let place = 0
  /** The last star, and how far into the name it reaches. */
  let star = -1
  let reach = 0
  while (place < name.length) {
    if (pattern[at] === '*') {
      star = at++
      reach = place
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[place])) {
      at++
      place++
    } else if (star >= 0) {
      at = star + 1
      place = ++reach
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

/** With what nobody can do it without: seeing what it is done to, and what one of them gives besides. */
export function withViews(given: readonly Permission[]): Permission[] {
  const permissions = withImplied(given)
  const scopes = new Set(permissions.map(scopeOf))
  const views: Permission[] = []
  if (['container', 'host', 'part'].some((scope) => scopes.has(scope as 'container')))
    views.push('hosts.view')
  if (
    permissions.some(
      (permission) => permission.startsWith('containers.') && scopeOf(permission) === 'container',
    )
  )
    views.push('containers.view')
  return [...new Set([...permissions, ...views])]
}
