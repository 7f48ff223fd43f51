import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Upload } from 'tus-js-client'
import { makeLargeArchive } from '../e2e/lab/image-archives.ts'
import { run } from '../e2e/lab/run.ts'
import { labEngine } from '../e2e/lab/state.ts'
import { witness } from '../e2e/lab/witness.ts'
import type { ArchiveLibraryView } from '../lib/contracts/archives.ts'
import type { Host } from '../lib/contracts/hosts.ts'
import type { Task } from '../lib/contracts/tasks.ts'
import type { BenchResult } from './measure.ts'
import { type MeasuredServer, startServer, until } from './server-process.ts'

const port = 7713
const bytes = 2 * 1024 ** 3
const reference = 'registry.example/bench/large:1'
/** As the pages send it. */
const chunkSize = 32 * 1024 * 1024

/**
 * An image of 2 GiB to one dockerd over TCP: uploaded and loaded meanwhile, against `docker load` of the same file at
 * the same endpoint, and against `skopeo copy` into what Docker reads and then `docker load`. With it the server's memory.
 */
export async function benchArchives(): Promise<BenchResult> {
  const engine = labEngine('docker28-tcp')
  if (engine.transport.kind !== 'tcp') throw new Error('docker28-tcp is reached by TCP')
  const { host: address, port: enginePort } = engine.transport
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-bench-archives-'))
  const server = await startServer(port)
  try {
    const saved = await makeLargeArchive(folder, bytes, reference)
    const layout = join(folder, 'layout.tar')
    const uncompressed = ['--dest-decompress']
    await run('skopeo', [
      'copy',
      '--quiet',
      ...uncompressed,
      `docker-archive:${saved}`,
      `oci-archive:${layout}:${reference}`,
    ])
    const host = await server.call<Host>('POST', '/api/hosts', {
      name: 'bench',
      transport: { kind: 'tcp', host: address, port: enginePort },
    })
    await until(async () =>
      (await server.call<Host[]>('GET', '/api/hosts')).every(({ state }) => state === 'online'),
    )
    const forget = () => witness('docker28-tcp', ['rmi', '-f', reference])
    const docker = (path: string) =>
      run('/usr/bin/docker', ['--host', `tcp://${address}:${enginePort}`, 'load', '-q', '-i', path])
    const before = server.rss()
    const ours = await watched(server, () => uploadAndLoad(server, host.id, layout))
    await forget()
    const again = await watched(server, () => load(server, host.id))
    await forget()
    const plain = await timed(() => docker(saved))
    await forget()
    const converted = join(folder, 'converted.tar')
    const skopeo = await timed(async () => {
      await run('skopeo', [
        'copy',
        '--quiet',
        `oci-archive:${layout}`,
        `docker-archive:${converted}:${reference}`,
      ])
      await docker(converted)
    })
    await forget()
    const rate = (seconds: number) =>
      `${seconds.toFixed(1)} s, ${(bytes / 1024 ** 2 / seconds).toFixed(0)} MiB/s`
    return {
      title: `Archives: an OCI layout of ${(statSync(layout).size / 1024 ** 3).toFixed(1)} GiB to dockerd 28 over TCP`,
      rows: [
        ['Roadstead: uploaded, every digest checked, loaded meanwhile', rate(ours.seconds)],
        ['Roadstead: loaded from the library', rate(again.seconds)],
        ['docker load of the same image as a Docker archive', rate(plain)],
        ['skopeo copy to a Docker archive, then docker load', rate(skopeo)],
        ['upload and load / docker load', (ours.seconds / plain).toFixed(2)],
        ['upload and load / skopeo and docker load', (ours.seconds / skopeo).toFixed(2)],
        ['load from the library / docker load', (again.seconds / plain).toFixed(2)],
        [
          'RSS of the server before, most while uploading, while loading',
          `${before}, ${ours.most}, ${again.most} MB`,
        ],
      ],
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function uploadAndLoad(server: MeasuredServer, hostId: string, path: string): Promise<void> {
  const sent = new Promise<void>((resolve, reject) => {
    const upload = new Upload(createReadStream(path), {
      endpoint: `http://localhost:${port}/api/archives/uploads`,
      uploadSize: statSync(path).size,
      headers: { cookie: server.call.cookie, origin: `http://localhost:${port}` },
      metadata: { filename: 'layout.tar' },
      chunkSize,
      onError: reject,
      onSuccess: () => resolve(),
    })
    upload.start()
  })
  await until(async () => (await archives(server)).length > 0)
  await Promise.all([sent, load(server, hostId)])
}

const archives = async (server: MeasuredServer) =>
  (await server.call<ArchiveLibraryView>('GET', '/api/archives')).archives

async function load(server: MeasuredServer, hostId: string): Promise<void> {
  const [archive] = await archives(server)
  const { id } = await server.call<Task>('POST', '/api/archives/load', {
    archiveId: archive?.id,
    hostIds: [hostId],
  })
  const state = async () => (await server.call<Task>('GET', `/api/tasks/${id}`)).state
  await until(async () => (await state()) !== 'running')
  if ((await state()) !== 'succeeded')
    throw new Error(JSON.stringify(await server.call<Task>('GET', `/api/tasks/${id}`)))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** Seconds, and the most memory seen meanwhile in megabytes. */
async function watched(server: MeasuredServer, work: () => Promise<void>) {
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, server.rss())
  }, 100)
  try {
    return { seconds: await timed(work), most: Math.max(most, server.rss()) }
  } finally {
    clearInterval(timer)
  }
}
