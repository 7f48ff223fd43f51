import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Only root may mount: elsewhere than in CI a test of a full disk is left out for anybody else, and said to be. In CI it runs in
 * any case, and fails where it cannot.
 */
export const mayMount =
  process.env.CI !== undefined || (process.platform === 'linux' && process.getuid?.() === 0)

export interface SmallDisk {
  folder: string
  /** Takes all room that is left, or all but so many megabytes. */
  fill(left?: number): void
  /** Gives back all that it took. */
  empty(): void
  unmount(): void
}

/** A file system of its own in memory, of so many megabytes. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  const filler = join(folder, 'filler')
  const piece = Buffer.alloc(8 * 1024 * 1024)
  return {
    folder,
    fill(left = 0) {
      if (left > 0) {
        const { bavail, bsize } = statfsSync(folder)
        for (let rest = bavail * bsize - left * 1024 * 1024; rest > 0; rest -= piece.length)
          writeFileSync(filler, piece.subarray(0, rest), { flag: 'a' })
        return
      }
      for (let bytes = 64 * 1024 * 1024; bytes >= 512; ) {
        try {
          writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
        } catch {
          bytes /= 2
        }
      }
    },
    empty: () => rmSync(filler, { force: true }),
    unmount() {
      execFileSync('umount', [folder])
      rmSync(folder, { recursive: true })
    },
  }
}
