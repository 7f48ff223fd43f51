import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, requireLab } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { ArchiveContents } from '#lib/contracts/archives.ts'
import { inspectArchive } from './inspect.ts'
import { type LoadChoice, loadStream } from './load-stream.ts'

const prefix = `lab.internal/load-${randomUUID().slice(0, 8)}`
const engines: readonly EngineName[] = ['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp']
let folder = ''
const at = (name: string) => join(folder, name)

/** Archives of real tools, each with another layout; `web1` and `web2` share a layer. */
const archives = {
  'skopeo oci-archive': 'oci.tar',
  'skopeo oci, zstd, two images': 'zstd.tar',
  'podman save oci-archive in gzip': 'podman.tar.gz',
  'skopeo docker-archive with links': 'links.tar',
  'docker 20 save, two images': 'docker20.tar',
  'docker 28 save, two images, in zstd': 'docker28.tar.zst',
} as const

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadstead-load-'))
  const images = `docker-archive:${join(requireLab().folder, 'images.tar')}`
  const { web1, web2 } = labImages
  const skopeo = (...args: string[]) => run('skopeo', ['copy', '--quiet', ...args])
  await skopeo(`${images}:${web1}`, `oci-archive:${at('oci.tar')}:${web1}`)
  for (const tag of [web1, web2])
    await skopeo('--dest-compress-format', 'zstd', `${images}:${tag}`, `oci:${at('zstd')}:${tag}`)
  await run('tar', ['-C', at('zstd'), '-cf', at('zstd.tar'), '.'])
  await skopeo(`${images}:${web2}`, `docker-archive:${at('links.tar')}:${web2}`)
  await witness('podman-unix', ['save', '--format', 'oci-archive', '--output', at('podman.tar'), web1])
  await run('gzip', [at('podman.tar')])
  await witness('docker-unix', ['save', '--output', at('docker20.tar'), web1, web2])
  await witness('docker28-tcp', ['save', '--output', at('docker28.tar'), web1, web2])
  await run('zstd', ['--quiet', '--rm', at('docker28.tar')])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The engine's answer to a tar that is cut is whatever it is; ours is what `sending` throws. */
async function load(engine: EngineName, path: string, choose: (contents: ArchiveContents) => LoadChoice[]) {
  const { localSocketPath: socketPath, kind: flavour, version } = labEngine(engine)
  const contents = inspectArchive(createReadStream(path))
  const target = { flavour, version, hasContainerdStore: false }
  const headers = { 'content-type': 'application/x-tar' }
  const message = request({ socketPath, method: 'POST', path: '/v1.41/images/load?quiet=1', headers })
  const answer = new Promise<string>((resolve, reject) => {
    message.on('error', reject)
    message.on('response', async (response) => {
      let text = `${response.statusCode} `
      for await (const part of response.setEncoding('utf8')) text += part
      resolve(text)
    })
  })
  answer.catch(() => {})
  await pipeline(Readable.from(loadStream(createReadStream(path), contents, choose, target)), message)
  expect(await answer).toMatch(/^200 /)
  expect(await answer).not.toContain('error')
  return contents
}

/** Runs it, and gives what its web page and its shell say. */
async function output(engine: EngineName, image: string): Promise<string> {
  const { localSocketPath: socketPath } = labEngine(engine)
  const Cmd = ['/bin/sh', '-c', 'cat /www/index.html']
  const path = '/v1.41/containers'
  const { Id } = await engineCall<{ Id: string }>(socketPath, 'POST', `${path}/create`, { Image: image, Cmd })
  try {
    await engineCall(socketPath, 'POST', `${path}/${Id}/start`)
    const { StatusCode } = await engineCall<{ StatusCode: number }>(socketPath, 'POST', `${path}/${Id}/wait`)
    return `${StatusCode} ${(await witness(engine, ['logs', Id])).stdout.trim()}`
  } finally {
    await engineCall(socketPath, 'DELETE', `${path}/${Id}?force=1`)
  }
}

describe.each(engines)('%s', (engine) => {
  const { localSocketPath: socketPath } = labEngine(engine)
  const idOf = async (name: string) =>
    (await engineCall<{ Id: string }>(socketPath, 'GET', `/v1.41/images/${encodeURIComponent(name)}/json`)).Id

  it.each(Object.entries(archives))('loads and runs %s', async (title, path) => {
    const name = (index: number) => `${prefix}/${title.replaceAll(/\W+/g, '-')}:${index}`
    const { images } = await load(engine, at(path), (contents) =>
      contents.images.map((image, index) => ({ image, names: [name(index)] })),
    )
    try {
      for (const [index, { names, configDigest }] of images.entries()) {
        expect(`sha256:${(await idOf(name(index))).replace('sha256:', '')}`).toBe(configDigest)
        expect(await output(engine, name(index))).toBe(`0 <h1>web ${names[0]?.split(':')[1]}</h1>`)
      }
      expect(images.map(({ names }) => names[0])).toEqual(
        title.includes('two')
          ? [labImages.web1, labImages.web2]
          : [expect.stringMatching(/^lab\.internal\/web:/)],
      )
    } finally {
      for (const index of images.keys()) await witness(engine, ['rmi', '-f', name(index)])
    }
  })

  it('loads one of two, and nothing of an archive that turns out bad', async () => {
    const chosen = `${prefix}/chosen:1`
    await load(engine, at('zstd.tar'), ({ images }) => [{ image: images[1] as never, names: [chosen] }])
    expect(await output(engine, chosen)).toBe('0 <h1>web 2.0</h1>')
    await witness(engine, ['rmi', '-f', chosen])

    const bad = at(`bad-${engine}.tar`)
    await run('cp', [at('oci.tar'), bad])
    await writeFile(at('readme'), 'x')
    await run('tar', ['-C', folder, '-rf', bad, 'readme'])
    const wrong = `${prefix}/bad:1`
    const loading = load(engine, bad, ({ images }) => images.map((image) => ({ image, names: [wrong] })))
    await expect(loading).rejects.toMatchObject({ code: 'archive_blob_extra' })
    await expect(idOf(wrong)).rejects.toThrow('404')
    const { images } = await inspectArchive(createReadStream(at('oci.tar')))
    await expect(idOf(images[0]?.configDigest as string)).rejects.toThrow('404')
  })
})
