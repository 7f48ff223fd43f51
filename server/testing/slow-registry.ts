import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { insideEngine } from '#e2e/lab/lab.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, labRegistry } from '#e2e/lab/state.ts'

export interface SlowProxy {
  /** Connections of the engine that wait for the rest of an answer. */
  readonly waiting: number
  close(): Promise<void>
}

/** Bytes of a connection that pass at once: answers about an image, and the beginning of a layer. */
const passes = 64 * 1024
/** Bytes and milliseconds of the rest. Never none: Docker notices that a download is cancelled when its next bytes come. */
const drip = { bytes: 512, ms: 50 }

/**
 * From now on one engine of the lab reaches the registry through us, under its own address (Podman trusts a registry
 * without TLS by address and port), and gets of each connection the beginning, and the rest slowly.
 */
export async function startSlowProxy(engine: EngineName, registry: string): Promise<SlowProxy> {
  const [host = '', port = ''] = registry.split(':')
  const sockets = new Set<Socket>()
  const waiting = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    let passed = 0
    near.pipe(far)
    far.on('data', (chunk: Buffer) => {
      passed += chunk.length
      if (passed < passes) return near.write(chunk)
      far.pause()
      waiting.add(near)
      const rest = chunk.subarray(drip.bytes)
      near.write(chunk.subarray(0, drip.bytes))
      if (rest.length > 0) far.unshift(rest)
      passed -= rest.length
      setTimeout(() => far.resume(), drip.ms)
    })
    for (const [end, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(end)
      end.on('error', () => {})
      end.on('close', () => {
        waiting.delete(end)
        sockets.delete(end)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const rule = (verb: '-A' | '-D') => [
    'iptables',
    '-t',
    'nat',
    verb,
    'OUTPUT',
    '-p',
    'tcp',
    '-d',
    host,
    '--dport',
    port,
    '-j',
    'DNAT',
    '--to-destination',
    `${host}:${(server.address() as AddressInfo).port}`,
  ]
  await insideEngine(labEngine(engine), rule('-A'))
  return {
    get waiting() {
      return waiting.size
    },
    async close() {
      await insideEngine(labEngine(engine), rule('-D'))
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Puts an image of one layer that no engine has into the open registry. */
export async function pushRandomImage(reference: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-image-'))
  try {
    writeFileSync(join(folder, 'noise'), randomBytes(1024 * 1024))
    await run('tar', ['-C', folder, '-cf', join(folder, 'layer.tar'), 'noise'])
    const tar = readFileSync(join(folder, 'layer.tar'))
    const [, repository = '', tag = ''] = /^[^/]+\/(.*):([^:]+)$/.exec(reference) ?? []
    const base = `http://${labRegistry('open').address}/v2/${repository}`
    const blob = async (bytes: Buffer, mediaType: string) => {
      const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
      const target = new URL(begun.headers.get('location') as string, base)
      target.searchParams.set('digest', digest(bytes))
      const headers = { 'content-type': 'application/octet-stream' }
      const put = await fetch(target, { method: 'PUT', body: new Uint8Array(bytes), headers })
      if (put.status !== 201) throw new Error(`The registry took no blob: ${put.status}`)
      return { mediaType, digest: digest(bytes), size: bytes.length }
    }
    const image = {
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digest(tar)] },
    }
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: await blob(
        Buffer.from(JSON.stringify(image)),
        'application/vnd.docker.container.image.v1+json',
      ),
      layers: [await blob(gzipSync(tar), 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
    })
    const headers = { 'content-type': mediaType }
    const put = await fetch(`${base}/manifests/${tag}`, { method: 'PUT', body: manifest, headers })
    if (put.status !== 201) throw new Error(`The registry took no manifest: ${put.status}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const digest = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
