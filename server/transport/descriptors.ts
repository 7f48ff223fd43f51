import { readdirSync, readFileSync } from 'node:fs'
import { AppError } from '../errors.ts'

/** Kept for people at the door, the database and files: without it a server with many hosts resets every request. */
const mostReserve = 128
/** Milliseconds for which a count holds; connections dialled meanwhile are added to it. */
const countMs = 1000

/** How many files, sockets among them, this process may have open; Node itself raises it to the hard limit. Null: no limit known. */
const limit = readLimit()
let counted = { at: 0, open: 0 }

function readLimit(): number | null {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return found === undefined ? null : Number(found)
  } catch {
    // No Linux: there is no cheap way to count, and limits there are the system's.
    return null
  }
}

/** Asked before an engine is dialled. Throws descriptors_few when the rest is needed at the door. */
export function refuseWhenFew(): void {
  if (limit === null) return
  const now = performance.now()
  if (now - counted.at > countMs) counted = { at: now, open: readdirSync('/proc/self/fd').length }
  const reserve = Math.min(mostReserve, Math.floor(limit / 4))
  if (counted.open + reserve >= limit) throw new AppError('descriptors_few', { params: { limit } })
  counted.open++
}
