import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../../errors.ts'
import { newId } from '../../new-id.ts'

/** An archive that came whole without having said how long it is. */
export interface Measured {
  /** Bytes. */
  size: number
  read(): AsyncIterable<Buffer>
  remove(): Promise<void>
}

export interface Unmeasured {
  /**
   * @param mostBytes the room that there is for all of them
   * @throws archive_disk_full, and what reading it throws
   */
  take(body: Readable, mostBytes: number): Promise<Measured>
}

/**
 * Takes archives of which nobody says how long they are (`curl -T -`): the library reserves room by the length, so each is
 * gathered in a folder of its own first. What an earlier server left there is removed.
 */
export function createUnmeasured(dataFolder: string): Unmeasured {
  const folder = join(dataFolder, 'archives-unmeasured')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  /** Bytes of all that are there, so that many at once take no more room than one. */
  let held = 0
  return {
    async take(body, mostBytes) {
      const path = join(folder, newId('a'))
      let size = 0
      const remove = async () => {
        await rm(path, { force: true })
        held -= size
        size = 0
      }
      const counted = async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          size += chunk.length
          held += chunk.length
          if (held > mostBytes) throw new AppError('archive_disk_full', { params: { size, free: mostBytes } })
          yield chunk
        }
      }
      try {
        await pipeline(body, counted, createWriteStream(path, { mode: 0o600 }))
      } catch (error) {
        await remove()
        const { code } = error as NodeJS.ErrnoException
        throw code === 'ENOSPC' || code === 'EDQUOT'
          ? new AppError('archive_disk_full', { cause: error })
          : error
      }
      return { size, read: () => createReadStream(path), remove }
    },
  }
}
