import type { ObjectKind } from '#lib/fleet/kinds.ts'
import { AppError } from '../errors.ts'
import type { GatewayTarget } from './paths.ts'
import type { Telling } from './visible.ts'

type Query = GatewayTarget['query']

/** Answers that an engine filters by its own knowledge of all containers. */
type Listed = Extract<Telling, ObjectKind>

/**
 * Filters by what each object is by itself, of all engines (Docker's API documents; `pkg/domain/filters` of Podman,
 * `libimage/filters.go`). Not among them is what engines work out from the containers that use an object: `dangling` of a
 * volume or network, `containers` of an image, `ctr-…` of a pod. Those tell of hidden ones, letter by letter where they take
 * a pattern.
 */
const ownFilters: Readonly<Record<Listed, ReadonlySet<string>>> = {
  containers: new Set([
    'id',
    'name',
    'label',
    'status',
    'exited',
    'health',
    'isolation',
    'is-task',
    'ancestor',
    'volume',
    'network',
    'pod',
    'publish',
    'expose',
    'before',
    'since',
    'until',
    'command',
    'restart-policy',
    'should-start-on-boot',
  ]),
  images: new Set([
    'id',
    'reference',
    'digest',
    'label',
    'before',
    'since',
    'after',
    'until',
    'dangling',
    'intermediate',
    'manifest',
    'readonly',
  ]),
  networks: new Set(['id', 'name', 'label', 'driver', 'scope', 'type', 'until']),
  pods: new Set(['id', 'name', 'label', 'status', 'network', 'until']),
  volumes: new Set(['name', 'label', 'driver', 'opt', 'scope', 'anonymous', 'since', 'after', 'until']),
}

const isListed = (tells: Telling | undefined): tells is Listed => tells !== undefined && tells in ownFilters

/**
 * What is asked of an engine for a list by who sees a part of its containers: all that fit. A limit counts what they do not
 * see, so that it is for after the cut; `before`, `since` and `network=container:…` name a container, which is told apart
 * from none, so that they go on as the id of one that is seen. Throws gateway_query, gateway_filter, and what `idOf`
 * throws.
 * @param idOf the full id of a container that they see
 */
export async function queryOfPart(
  tells: Telling | undefined,
  query: Query,
  idOf: (name: string) => Promise<string>,
): Promise<{ query: Query; newest: number | null }> {
  if (!isListed(tells)) return { query, newest: null }
  const kept: [name: string, value: string][] = []
  let newest: number | null = null
  for (const [name, value] of query) {
    const refused = new AppError('gateway_query', { params: { name } })
    if (name === 'limit' || name === 'last') {
      if (!/^-?\d{1,9}$/.test(value)) throw refused
      if (Number(value) > 0) newest = Math.min(newest ?? Number.POSITIVE_INFINITY, Number(value))
    } else if (name === 'before' || name === 'since') {
      // Of clients before version 1.22.
      throw refused
    } else if (name === 'filters' && value !== '') {
      kept.push([name, await filtersOf(tells, value, idOf, refused)])
    } else kept.push([name, value])
  }
  if (newest === null) return { query: kept, newest }
  // Who asks for the newest gets stopped ones too.
  return { query: [...kept.filter(([name]) => name !== 'all'), ['all', 'true']], newest }
}

/** Lists, or maps to true as older clients write them: an engine takes either, but not both in one. */
async function filtersOf(
  tells: Listed,
  text: string,
  idOf: (name: string) => Promise<string>,
  refused: AppError,
) {
  let filters: unknown
  try {
    filters = JSON.parse(text)
  } catch {
    throw refused
  }
  if (typeof filters !== 'object' || filters === null || Array.isArray(filters)) throw refused
  const written: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(filters)) {
    // Podman turns a filter round by `!` behind its name.
    if (!ownFilters[tells].has(name.replace(/!$/, '')))
      throw new AppError('gateway_filter', { params: { name: name.slice(0, 60) } })
    if (typeof given !== 'object' || given === null) throw refused
    const isList = Array.isArray(given)
    const values: unknown[] = isList ? given : Object.keys(given)
    if (!values.every((value) => typeof value === 'string')) throw refused
    const named =
      tells === 'containers' ? await Promise.all(values.map((value) => asId(name, value, idOf))) : values
    written[name] = isList ? named : Object.fromEntries(named.map((value) => [value, true]))
  }
  return JSON.stringify(written)
}

/** A value of a filter of containers; where it names another one, that one's id. */
async function asId(filter: string, value: string, idOf: (name: string) => Promise<string>): Promise<string> {
  const name = filter.replace(/!$/, '')
  if (name === 'before' || name === 'since') return idOf(value)
  // Podman looks up whose network a container shares.
  const shared = 'container:'
  if (name === 'network' && value.startsWith(shared)) return shared + (await idOf(value.slice(shared.length)))
  return value
}
