import type { ContainerState, HealthState } from '#lib/contracts/containers.ts'
import { AppError } from '../errors.ts'
import type { EngineEvent } from './types.ts'

/**
 * The API versions we speak. Below 1.24 `POST /containers/x/start` takes a HostConfig and would make a stopped
 * container privileged (seen on 20.10), so it is our floor whatever an engine offers.
 */
export const ourApiRange = { min: '1.24', max: '1.51' } as const

/** The highest version in both ranges. Throws api_version_unsupported with both, not_an_engine for what is no version. */
export function negotiateApiVersion(engine: { min: string; max: string }): string {
  for (const version of [engine.min, engine.max]) {
    // It becomes part of every path.
    if (!/^\d{1,4}\.\d{1,4}$/.test(version))
      throw new AppError('not_an_engine', { detail: `API version ${version}` })
  }
  const highest = compareVersions(engine.max, ourApiRange.max) < 0 ? engine.max : ourApiRange.max
  const lowest = compareVersions(engine.min, ourApiRange.min) > 0 ? engine.min : ourApiRange.min
  if (compareVersions(highest, lowest) < 0) {
    throw new AppError('api_version_unsupported', {
      params: {
        engineMin: engine.min,
        engineMax: engine.max,
        ourMin: ourApiRange.min,
        ourMax: ourApiRange.max,
      },
    })
  }
  return highest
}

/** Negative when a is older. Compares numbers, so that 1.9 < 1.24. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** libpod's configured, initialized, stopped and stopping have no Docker word. What is stopping runs until it has ended. */
export function containerState(word: string): ContainerState {
  const state = word.toLowerCase()
  if (state === 'configured' || state === 'initialized') return 'created'
  if (state === 'stopped') return 'exited'
  if (state === 'stopping') return 'running'
  const known: readonly ContainerState[] = [
    'created',
    'running',
    'paused',
    'restarting',
    'removing',
    'exited',
    'dead',
  ]
  return known.find((candidate) => candidate === state) ?? 'dead'
}

/**
 * Health from a word of inspect or of libpod's list; anything else, and Podman's empty string, is none. Engines keep the last
 * word of a container that has ended or is paused, of which `docker ps` says none (`State.String` of moby).
 */
export function healthState(word: string | undefined, state: ContainerState): HealthState {
  if (state !== 'running') return 'none'
  return word === 'starting' || word === 'healthy' || word === 'unhealthy' ? word : 'none'
}

/** An exit code where it is of the last run: of one that runs again, engines keep what was before, or 0. */
export function lastExitCode(code: number, state: ContainerState): number | null {
  return state === 'exited' || state === 'dead' || state === 'restarting' ? code : null
}

/** Docker's list has health and exit code only in its text for people: "Up 3 hours (unhealthy)", "Exited (137) ...". */
export function readStatusText(
  status: string,
  state: ContainerState,
): { health: HealthState; exitCode: number | null } {
  const health = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status)?.[1]
  const exit = /^(?:Exited|Restarting) \((-?\d+)\)/.exec(status)?.[1]
  return { health: healthState(health, state), exitCode: exit === undefined ? null : Number(exit) }
}

/** An instant, cut to seconds since Podman's list has no more. Zero times ("0001-01-01", -62135596800) are null. */
export function instant(value: string | number | null | undefined): string | null {
  if (value === null || value === undefined || value === '') return null
  const date = new Date(typeof value === 'number' ? value * 1000 : value)
  const time = date.getTime()
  return Number.isNaN(time) || time <= 0 ? null : `${date.toISOString().slice(0, 19)}Z`
}

/** A container's or pod's id as it came, or TypeError: it goes into addresses and paths. */
export function fullId(id: string): string {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new TypeError(`Not an id: ${String(id).slice(0, 100)}`)
  return id
}

/** libpod omits the algorithm. */
export function imageId(id: string): string {
  return id === '' || id.startsWith('sha256:') ? id : `sha256:${id}`
}

export interface RawEvent {
  Type?: string
  Action?: string
  Actor?: { ID?: string; Attributes?: Record<string, string> }
  time?: number
  timeNano?: bigint
}

const eventTypes: readonly EngineEvent['type'][] = [
  'container',
  'image',
  'volume',
  'network',
  'pod',
  'daemon',
]
/** Podman's words for what Docker calls otherwise. */
const actionNames: Record<string, string> = {
  died: 'die',
  remove: 'destroy',
  exec_died: 'exec_die',
  exited: 'die',
}

/**
 * One event in Docker's words. Null for kinds we don't keep. Only the container event `remove` becomes `destroy`
 * (images and volumes say remove on Podman and delete/destroy on Docker; any change of theirs means a relist).
 */
export function normaliseEvent(raw: RawEvent): EngineEvent | null {
  const type = eventTypes.find((candidate) => candidate === raw?.Type)
  if (!type || typeof raw.Action !== 'string') return null
  // "health_status: healthy", "exec_create: sh -c ...": the word is what counts.
  const word = raw.Action.split(':', 1)[0] as string
  const given = raw.Actor?.Attributes ?? {}
  // Docker names the container beside the network that it was connected to; for Podman it is what the event is of.
  const isOfContainer = type === 'network' && /^(?:dis)?connect$/.test(word) && given.container === undefined
  const attributes = isOfContainer && raw.Actor?.ID ? { ...given, container: raw.Actor.ID } : given
  return {
    type,
    action: actionNames[word] ?? word,
    // Podman's volume events carry the name only as an attribute.
    id: raw.Actor?.ID || attributes.name || '',
    attributes,
    timeNano: raw.timeNano ?? BigInt(raw.time ?? 0) * 1_000_000_000n,
  }
}
