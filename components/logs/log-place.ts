import { readMoment } from './read-moment.ts'

/** Where a link leads: to a moment, or to the `nth` line (from 0) of that very time in one container's log. */
export interface LogPlace {
  /** Nanoseconds. */
  time: bigint
  /** `hostId/` and twelve digits of the container's id; null for a moment. */
  source: string | null
  nth: number
}

/** Read before the place, so that it is not the first line in sight. */
const leadNanos = 10_000_000_000n
const second = 1_000_000_000n

export const sourceRef = ({ hostId, containerId }: { hostId: string; containerId: string }) =>
  `${hostId}/${containerId.slice(0, 12)}`

export const writePlace = ({ source, time, nth }: LogPlace) =>
  source === null ? String(time) : `${source}/${time}/${nth}`

/** As `writePlace` gives it, or a moment as people write it; null for what is neither. */
export function readPlace(text: string, now: number): LogPlace | null {
  const line = /^([^/]{1,64}\/[0-9a-f]{12})\/(\d{1,19})\/(\d{1,6})$/.exec(text)
  if (line) return { source: line[1] as string, time: BigInt(line[2] as string), nth: Number(line[3]) }
  if (/^\d{16,19}$/.test(text)) return { source: null, time: BigInt(text), nth: 0 }
  const moment = readMoment(text, now)
  return moment === undefined ? null : { source: null, time: BigInt(moment), nth: 0 }
}

/** From where on lines are asked for: whole seconds, as Podman has them, so that those of one time are all there. */
export function beginningOf(place: LogPlace): bigint {
  const from = place.time - leadNanos
  return from < 0n ? 0n : from - (from % second)
}
