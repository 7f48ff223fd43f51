import type { Volume } from '#lib/contracts/volumes.ts'
import { volumeSchema } from '#lib/contracts/volumes.ts'
import { AppError } from '../errors.ts'
import { compareVersions, fullId } from './compat.ts'
import { type EngineContext, given, listing, timeouts } from './context.ts'
import { readRows } from './document.ts'
import { understood } from './errors.ts'
import { findOr404 } from './find.ts'
import { fromVolume } from './normalise.ts'
import { segments, sendForJson } from './request.ts'
import type { CallOptions, ListOptions, Local } from './types.ts'

/** What an engine says of one volume. */
export interface FoundVolume {
  name: string
  driver: string
  options: Record<string, string>
  mountpoint: string
  scope: string
}

export interface NewVolume {
  name: string
  driver: string
  options: Record<string, string>
  labels: Record<string, string>
}

export interface VolumeCalls {
  list(options?: ListOptions): Promise<Local<Volume>[]>
  /** Null where it is not there. Podman finds another one by the beginning of its name. */
  find(name: string, options?: CallOptions): Promise<FoundVolume | null>
  /** As `find`, by its whole name alone. */
  findExact(name: string, options?: CallOptions): Promise<FoundVolume | null>
  /** Ids of the containers that have it, running or not. */
  users(name: string, options?: CallOptions): Promise<string[]>
  /** Bytes by name; null where the engine does not know. Takes seconds: it adds up files. */
  sizes(options?: CallOptions): Promise<Record<string, number | null>>
  /** Throws volume_exists: engines answer for one of that name that they have made it, whatever its options. */
  create(volume: NewVolume, options?: CallOptions): Promise<void>
  /** Never one in use. Throws volume_in_use, volume_not_found. */
  remove(name: string, options?: CallOptions): Promise<void>
}

const schema = volumeSchema.omit({ hostId: true })

/** Milliseconds; adding up a disk full of small files takes its time. */
const sizesMs = 180_000

interface VolumeDocument {
  Name: string
  Driver: string
  Options?: Record<string, string> | null
  Mountpoint?: string
  Scope?: string
}

/** @param version of the engine; undefined before the first connect */
export function createVolumeCalls(
  context: EngineContext,
  version: () => string | undefined = () => undefined,
): VolumeCalls {
  const { transport, docker, json, isPodman } = context
  const find: VolumeCalls['find'] = (name, options) =>
    findOr404<VolumeDocument, FoundVolume>(context, `/volumes/${segments(name)}`, options, (raw) => ({
      name: String(raw.Name),
      driver: String(raw.Driver),
      options: raw.Options ?? {},
      mountpoint: raw.Mountpoint ?? '',
      scope: raw.Scope ?? '',
    }))
  const findExact: VolumeCalls['findExact'] = async (name, options) => {
    const found = await find(name, options)
    return found?.name === name ? found : null
  }
  const change = async (
    method: 'POST' | 'DELETE',
    path: string,
    name: string,
    body: object | undefined,
    options: CallOptions | undefined,
  ) => {
    try {
      await sendForJson(transport, {
        method,
        path: docker(path),
        subject: 'engine',
        timeoutMs: timeouts.change,
        ...(body ? { body } : {}),
        ...given(options),
      })
    } catch (error) {
      throw error instanceof AppError ? volumeError(error, name) : error
    }
  }
  return {
    async list(options) {
      const answer = await json<{ Volumes?: unknown; message?: unknown } | null>(
        docker('/volumes'),
        listing,
        options,
      )
      // Null for none; a document without the field is no answer to this.
      const isList = typeof answer === 'object' && answer !== null && 'Volumes' in answer
      const volumes = isList ? answer.Volumes : (answer ?? {})
      return readRows(volumes, 'GET /volumes', fromVolume, schema, options?.odd)
    },
    find,
    findExact,
    async users(name, options) {
      const query = { all: true, filters: JSON.stringify({ volume: [name] }) }
      const rows = await json<{ Id: string }[] | null>(docker('/containers/json'), { query }, options)
      return understood(() => (rows ?? []).map(({ Id }) => fullId(Id)))
    },
    async sizes(options) {
      // Docker before 23, and Podman, do not read it, and add up all there is.
      const query = { type: 'volume' }
      const found = await json<{ Volumes?: SizedVolume[] | null }>(
        docker('/system/df'),
        { timeoutMs: sizesMs, query },
        options,
      )
      return understood(() => sizesOf(found.Volumes ?? []))
    },
    async create({ name, driver, options: driverOptions, labels }, options) {
      if (await findExact(name, options)) throw new AppError('volume_exists', { params: { name } })
      // Podman 4 takes any `size` for a quota of its disk, that of memory too, and refuses it.
      const isQuota = isPodman() && compareVersions(version() ?? '5', '5') < 0
      const DriverOpts = (isQuota ? sizeInBlocks(driverOptions) : null) ?? driverOptions
      const body = { Name: name, Driver: driver, DriverOpts, Labels: labels }
      await change('POST', '/volumes/create', name, body, options)
    },
    async remove(name, options) {
      // By the beginning of its name Podman would take another one, with all that is in it.
      if (isPodman() && !(await findExact(name, options)))
        throw new AppError('volume_not_found', { params: { name, status: 404 } })
      await change('DELETE', `/volumes/${segments(name)}`, name, undefined, options)
    },
  }
}

/** Bytes of a page: a block of tmpfs. Where pages are larger, so is the bound. */
const pageBytes = 4096

/** Options of memory with their bound in blocks in place of bytes; null for all others. */
export function sizeInBlocks(options: Record<string, string>): Record<string, string> | null {
  const [whole, bytes] = /(?:^|,)size=(\d+)(?=,|$)/.exec(options.o ?? '') ?? []
  if (options.type !== 'tmpfs' || whole === undefined) return null
  const blocks = `nr_blocks=${Math.ceil(Number(bytes) / pageBytes)}`
  return { ...options, o: (options.o ?? '').replace(`size=${bytes}`, blocks) }
}

interface SizedVolume {
  Name: string
  UsageData?: { Size?: number } | null
}

/** Docker says -1 of what it does not add up: whatever is mounted from elsewhere, or another driver's. */
export const sizesOf = (volumes: readonly SizedVolume[]): Record<string, number | null> =>
  Object.fromEntries(
    volumes.map(({ Name, UsageData }) => {
      const size = UsageData?.Size ?? -1
      return [Name, size >= 0 ? size : null]
    }),
  )

/** Podman before 5 answers a volume in use with 500 or 409, by its version. */
export function volumeError(error: AppError, name: string): AppError {
  const { params, detail = '' } = error.context
  const context = { ...error.context, params: { ...params, name } }
  if (params?.status === 404) return new AppError('volume_not_found', { ...context, cause: error })
  if (/volume is in use|is being used|volume .* in use/i.test(detail) || params?.status === 409)
    return new AppError('volume_in_use', { ...context, cause: error })
  return error
}
