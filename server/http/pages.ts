import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Config } from '../config.ts'
import { StartError } from '../config.ts'
import { compressAssets, createStaticAssets, type StaticAssets } from './static-assets.ts'

export interface Pages {
  handle(request: IncomingMessage, response: ServerResponse, nonce: string): Promise<void>
  /** Next's own socket for fast refresh; only in development. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): Promise<void>
}

/** Headers between us and the page's renderer. A client's copies are dropped with everything else Next trusts. */
const ours = {
  nonce: 'x-roadstead-nonce',
  basePath: 'x-roadstead-base-path',
  origin: 'x-roadstead-origin',
} as const
const placeholder = '/__roadstead_base_path__'

/**
 * Mounts Next inside our server. It gets a second HTTP server that never listens, so that it adds no `upgrade` listener
 * to ours: the only way in is the one that authorises.
 */
export async function createPages(config: Config, projectFolder: string): Promise<Pages> {
  process.env.NEXT_TELEMETRY_DISABLED = '1'
  if (config.dev) {
    process.env.ROADSTEAD_NEXT_BASE_PATH = config.basePath
    process.env.ROADSTEAD_NEXT_FOLDER = '.next-dev'
  } else {
    process.env.ROADSTEAD_NEXT_BASE_PATH = config.basePath
    process.env.ROADSTEAD_NEXT_FOLDER = await applyBasePath(projectFolder, config.basePath)
  }
  const dummy = createServer()
  const { default: next } = await import('next')
  const app = next({
    dev: config.dev,
    dir: projectFolder,
    httpServer: dummy,
    hostname: 'localhost',
    port: config.port,
  })
  await app.prepare()
  const handle = app.getRequestHandler()
  const assets = config.dev
    ? null
    : createStaticAssets(
        join(projectFolder, process.env.ROADSTEAD_NEXT_FOLDER, 'static'),
        `${config.basePath}/_next/static/`,
      )
  return {
    async handle(request, response, nonce) {
      if (assets && (await served(assets, request, response))) return
      for (const name of Object.keys(request.headers)) {
        // Development ties a navigation to its debug stream by these; without them it waits for ever.
        if (config.dev && /^x-nextjs-(html-)?request-id$/.test(name)) continue
        if (/^x-(middleware|nextjs|next|forwarded|roadstead|invoke|matched)/.test(name))
          delete request.headers[name]
      }
      request.headers[ours.nonce] = nonce
      request.headers[ours.basePath] = config.basePath
      if (config.publicUrl) request.headers[ours.origin] = config.publicUrl.origin
      // Next finds the nonce for its own scripts in the request's policy header.
      request.headers['content-security-policy'] = String(response.getHeader('content-security-policy') ?? '')
      await handle(request, response)
    },
    upgrade(request, socket, head) {
      dummy.emit('upgrade', request, socket, head)
    },
    close: () => app.close(),
  }
}

/** Whether the request was for a file of the build, and is answered. */
function served(assets: StaticAssets, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    response.once('close', () => resolve(true))
    assets(request, response, () => resolve(false))
  })
}

/** Where the pages of a base path are. */
export function pagesFolder(basePath: string): string {
  if (basePath === '') return '.next-run'
  return `.next-run-${createHash('sha256').update(basePath).digest('hex').slice(0, 12)}`
}

/**
 * Copies the build with the placeholder replaced by the base path, once per build and path, into a folder beside it (same
 * depth, so that relative paths in the build hold). Returns that folder's name. Each path has its own: another server of
 * this checkout may be serving from the others.
 */
async function applyBasePath(projectFolder: string, basePath: string): Promise<string> {
  const built = join(projectFolder, '.next')
  const buildId = join(built, 'BUILD_ID')
  if (!existsSync(buildId))
    throw new StartError('The pages are not built: run `npm start`, or `npm run build` once.')
  const folder = pagesFolder(basePath)
  const target = join(projectFolder, folder)
  const stamp = createHash('sha256')
    .update(`compressed ${readFileSync(buildId, 'utf8')} ${basePath}`)
    .digest('hex')
  const stampPath = join(target, 'base-path-stamp')
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return folder
  try {
    rmSync(target, { recursive: true, force: true })
    cpSync(built, target, {
      recursive: true,
      filter: (source) => !/[\\/]\.next[\\/](cache|dev|trace)/.test(source),
    })
    for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
      if (
        !entry.isFile() ||
        !['.js', '.json', '.html', '.css', '.rsc', '.map', ''].includes(extname(entry.name))
      )
        continue
      const path = join(entry.parentPath, entry.name)
      const text = readFileSync(path, 'utf8')
      if (text.includes(placeholder)) writeFileSync(path, text.replaceAll(placeholder, basePath))
    }
    await compressAssets(join(target, 'static'))
    writeFileSync(stampPath, stamp)
  } catch (error) {
    throw new StartError(`Cannot prepare the pages in ${target}: ${(error as Error).message}`)
  }
  return folder
}
