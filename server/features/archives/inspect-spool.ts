import { createHash } from 'node:crypto'
import type { ArchiveContents, ArchiveFound } from '#lib/contracts/archives.ts'
import { inspectArchive } from './inspect.ts'
import { type Spool, UploadRests } from './spool.ts'

/** Milliseconds without a byte after which nothing is held for an upload: neither what was unpacked nor the thread that does it. */
const usualIdleMs = 10 * 60 * 1000

/**
 * Looks at an upload while it arrives, and at all of it once. One that rests is looked at from its beginning again when it
 * goes on. Throws as inspectArchive and Spool.read.
 * @returns what it holds, and the digest of the file
 */
export async function inspectSpool(
  spool: Spool,
  {
    signal,
    idleMs = usualIdleMs,
    ...options
  }: { signal: AbortSignal; isRootfs: boolean; onFound(found: ArchiveFound): void; idleMs?: number },
): Promise<{ contents: ArchiveContents; digest: string }> {
  const once = async () => {
    const hash = createHash('sha256')
    async function* bytes() {
      for await (const chunk of spool.read(signal, idleMs)) {
        hash.update(chunk)
        yield chunk
      }
    }
    const source = bytes()
    const contents = await inspectArchive(source, options)
    for await (const _ of source);
    return { contents, digest: `sha256:${hash.digest('hex')}` }
  }
  for (;;) {
    try {
      return await once()
    } catch (error) {
      if (!(error instanceof UploadRests)) throw error
      await spool.until(error.at, signal)
    }
  }
}
