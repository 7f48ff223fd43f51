import { actOf, permissionOf, type Taking } from '#lib/acts.ts'
import type { EngineFlavour } from '#lib/contracts/common.ts'
import type { Permission } from '#lib/permissions.ts'
import type { GatewayTarget } from './paths.ts'
import type { GatewayEndpoint, GatewayRow } from './table.ts'

/** A row with what the table of acts says that it needs. */
export const withNeeds = (row: GatewayRow): GatewayEndpoint => ({
  ...row,
  permission: permissionOf(row.act),
  raw: actOf(row.act).unread ?? false,
})

/** As engines compare the names of parameters, or more loosely. */
export const fold = (name: string) => name.normalize('NFKC').toLowerCase()

/** Off in every way that Docker or Podman would read; whatever else is said is on. */
const off = /^(?:|0|f|false)$/i

/**
 * What a request needs besides its endpoint's first permission: on what it names, and on the host with all that is on it.
 * @param flavour undefined while the engine has not told it: then the stricter counts
 */
export function furtherNeeds(
  { act, forced, raw, method }: GatewayEndpoint,
  query: GatewayTarget['query'],
  flavour: EngineFlavour | undefined,
): { needs: Permission[]; hostWide: Permission[]; taking: Taking | null } {
  const isOn = (parameter: string) =>
    flavour !== 'docker' && query.some(([name, value]) => fold(name) === fold(parameter) && !off.test(value))
  const isForced = forced !== undefined && isOn(forced.by)
  // With these, which gateway.raw alone may give, Podman removes more than is named: all there are, and what depends on it.
  const isWide = method === 'DELETE' && (isOn('all') || isOn('depend'))
  const asked = [actOf(act), ...(isForced ? [actOf(forced.act)] : [])]
  return {
    taking: isWide ? 'any' : (asked.flatMap(({ taking }) => taking ?? []).at(-1) ?? null),
    needs: asked.flatMap(({ needs }) => needs.slice(1)),
    hostWide: [...asked.flatMap(({ hostWide = [] }) => hostWide), ...(raw ? (['gateway.raw'] as const) : [])],
  }
}

/** The engines' own grammar; Docker's takes a slash before it, too, and drops it: `/db` would be compared as another name. */
const containerName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

/** Whether the parameter `name` of a request is one that an engine keeps as it is. Empty: the engine chooses one. */
export const isContainerName = (name: string) => name === '' || containerName.test(name)

/** What a request names to be removed: in its path, or where it has several, in its query. */
export function namedToGo(
  { path: template, repeated = [] }: GatewayEndpoint,
  path: string,
  query: GatewayTarget['query'],
): string[] {
  const [before = '', after] = template.split(/\{(?:id|name)\}/)
  return after === undefined
    ? query.filter(([name]) => repeated.includes(name)).map(([, value]) => value)
    : [decodeURIComponent(path.slice(before.length, path.length - after.length))]
}

/** The name that a request gives to what it makes; null for none. */
export function nameGiven({ gives = [] }: GatewayEndpoint, query: GatewayTarget['query']): string | null {
  const [repository = '', tag = ''] = gives.map(
    (parameter) => query.find(([name]) => fold(name) === fold(parameter))?.[1] ?? '',
  )
  if (repository === '') return null
  return tag === '' ? repository : `${repository}:${tag}`
}
