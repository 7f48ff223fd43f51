import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import sirv from 'sirv'

export type StaticAssets = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void

/**
 * Writes a .br and a .gz beside every script and style of the build, once per build: at their best level they are a
 * seventh smaller than what can be compressed while somebody waits. Browsers take Brotli only over HTTPS and from
 * localhost, so both are needed.
 */
export async function compressAssets(folder: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ['.js', '.css', '.svg'].includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
  const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }
  const worker = async () => {
    for (let path = files.pop(); path; path = files.pop()) {
      const text = await readFile(path)
      await writeFile(`${path}.br`, await promisify(brotliCompress)(text, brotliOptions))
      await writeFile(`${path}.gz`, await promisify(gzip)(text, { level: 9 }))
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

/** Serves the build's hashed files. What is there is looked up once, so that no path of a request reaches the disk. */
export function createStaticAssets(folder: string, prefix: string): StaticAssets {
  const serve = sirv(folder, { immutable: true, maxAge: 365 * 86_400, brotli: true, gzip: true })
  return (request, response, otherwise) => {
    const asked = request.url ?? '/'
    if (!asked.startsWith(prefix)) return otherwise()
    request.url = asked.slice(prefix.length - 1)
    serve(request, response, () => {
      request.url = asked
      otherwise()
    })
  }
}
