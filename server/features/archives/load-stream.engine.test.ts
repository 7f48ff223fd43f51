import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, requireLab } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { ArchiveContents } from '#lib/contracts/archives.ts'
import {
  blob,
  describe as descriptor,
  file,
  json,
  layoutOf,
  link,
  type MadeImage,
  makeArtifact,
  type Part,
  savedOf,
  sha256,
  tarOf,
} from '../../testing/archive-maker.ts'
import { itAt } from '../../testing/it-at.ts'
import { pairOf, wholeTables } from '../../testing/whole-tables.ts'
import { inspectArchive } from './inspect.ts'
import { type LoadChoice, loadStream } from './load-stream.ts'

const prefix = `lab.internal/load-${randomUUID().slice(0, 8)}`
const engines = ['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'] as const
let folder = ''
const at = (name: string) => join(folder, name)

/** Archives of real tools, each with another layout. Two images in one share a layer. */
const archives = {
  'skopeo oci-archive': 'oci.tar',
  'skopeo oci, zstd, two images': 'zstd.tar',
  'podman save oci-archive in gzip': 'podman.tar.gz',
  'skopeo docker-archive with links': 'links.tar',
  'docker 20 save, two images': 'docker20.tar',
  'docker 28 save, two images, in zstd': 'docker28.tar.zst',
  'a layout without a platform, beside a signature and a readme': 'odd.tar',
} as const

/**
 * Two images to run, of layers that no engine has met: of one that it holds already an engine never opens the layer it is
 * given, and would load anything.
 */
async function makeSource(): Promise<void> {
  const lab = join(requireLab().folder, 'images.tar')
  const [busybox] = (await inspectArchive(createReadStream(lab))).images
  if (!busybox) throw new Error('The images of the lab are gone.')
  const path = busybox.layers[0]?.path as string
  const system = execFileSync('tar', ['-xOf', lab, path], { maxBuffer: 1e8 })
  const [os, architecture] = busybox.platform.split('/')
  const base = Buffer.concat([tarOf([file('unmet', prefix)]).subarray(0, -1024), system])
  const images = ['1.0', '2.0'].map((version) => {
    const layers = [base, tarOf([file('www/index.html', `web ${version} ${prefix}`)])]
    const rootfs = { type: 'layers', diff_ids: layers.map((bytes) => `sha256:${sha256(bytes)}`) }
    const config = json({ os, architecture, config: { Env: ['PATH=/bin'] }, rootfs })
    const made = layers.map((bytes) => ({ bytes, compression: 'none' as const }))
    const image = { platform: `${os}/${architecture}`, config, layers: made, manifest: config }
    return { image, tags: [`${prefix}/web:${version}`] }
  })
  await writeFile(at('source.tar'), tarOf(savedOf(images)))
  await writeFile(at('odd.tar'), tarOf(oddLayout(images[0]?.image as MadeImage)))
}

/** What engines take and no tool of the others here writes: no platform, a layer twice, an artifact and a file beside it. */
function oddLayout(source: MadeImage): Part[] {
  const { os: _, architecture: __, ...rest } = JSON.parse(String(source.config))
  const config = json({ ...rest, os: '', architecture: '' })
  const type = 'application/vnd.oci.image'
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: descriptor(config, `${type}.config.v1+json`),
    layers: source.layers.map(({ bytes }) => descriptor(bytes, `${type}.layer.v1.tar`)),
  })
  const image = { ...source, config, manifest }
  const signature = makeArtifact('application/vnd.dev.cosign.simplesigning.v1+json')
  const annotations = { 'io.containerd.image.name': `${prefix}/web:1.0` }
  const twice = blob(source.layers[0]?.bytes as Buffer)
  const parts = layoutOf([{ image: signature }, { image, annotations }])
  return [file('README.md', 'x'), twice, ...parts, link(twice.path, twice.path, '1')]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadstead-load-'))
  await makeSource()
  const [one, two] = [`${prefix}/web:1.0`, `${prefix}/web:2.0`]
  const skopeo = (tag: string, ...args: string[]) =>
    run('skopeo', [
      'copy',
      '--quiet',
      ...args.slice(1),
      `docker-archive:${at('source.tar')}:${tag}`,
      args[0] as string,
    ])
  await skopeo(one, `oci-archive:${at('oci.tar')}:${one}`)
  for (const tag of [one, two])
    await skopeo(tag, `oci:${at('zstd')}:${tag}`, '--dest-compress-format', 'zstd')
  await run('tar', ['-C', at('zstd'), '-cf', at('zstd.tar'), '.'])
  await skopeo(two, `docker-archive:${at('links.tar')}:${two}`)
  const save = async (engine: EngineName, ...args: string[]) => {
    await witness(engine, ['load', '--input', at('source.tar')])
    await witness(engine, ['save', ...args])
    await witness(engine, ['rmi', '-f', one, two])
  }
  await save('podman-unix', '--format', 'oci-archive', '--output', at('podman.tar'), one)
  await run('gzip', [at('podman.tar')])
  await save('docker-unix', '--output', at('docker20.tar'), one, two)
  await save('docker28-tcp', '--output', at('docker28.tar'), one, two)
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

const idOf = async (engine: EngineName, name: string) => {
  const path = `/v1.41/images/${encodeURIComponent(name)}/json`
  return (await engineCall<{ Id: string }>(labEngine(engine).localSocketPath, 'GET', path)).Id
}

// Each by one version of Docker and one of Podman.
for (const [index, [title, path]] of Object.entries(archives).entries())
  itAt(engines.filter((_, turn) => wholeTables || turn % 2 === index % 2))(
    `loads and runs ${title}`,
    async (engine) => {
      const name = (index: number) => `${prefix}/${title.replaceAll(/\W+/g, '-')}:${index}`
      const { images } = await load(engine, at(path), (contents) =>
        contents.images.map((image, index) => ({ image, names: [name(index)] })),
      )
      try {
        for (const [index, { configDigest }] of images.entries())
          expect(`sha256:${(await idOf(engine, name(index))).replace('sha256:', '')}`).toBe(configDigest)
        const version = images.at(-1)?.names[0]?.split(':')[1]
        expect(await output(engine, name(images.length - 1))).toBe(`0 web ${version} ${prefix}`)
        expect(images).toHaveLength(title.includes('two') ? 2 : 1)
      } finally {
        for (const index of images.keys()) await witness(engine, ['rmi', '-f', name(index)])
        for (const { configDigest } of images) await expect(idOf(engine, configDigest)).rejects.toThrow('404')
      }
    },
  )

itAt(pairOf<EngineName>(engines, 'older Docker'))(
  'loads one of two, and nothing of an archive that turns out bad',
  async (engine) => {
    const chosen = `${prefix}/chosen:1`
    await load(engine, at('zstd.tar'), ({ images }) => [{ image: images[1] as never, names: [chosen] }])
    expect(await output(engine, chosen)).toBe(`0 web 2.0 ${prefix}`)
    await witness(engine, ['rmi', '-f', chosen])

    const bad = at(`bad-${engine}.tar`)
    await run('cp', [at('oci.tar'), bad])
    const wrongBlob = `blobs/sha256/${'0'.repeat(64)}`
    await mkdir(at('blobs/sha256'), { recursive: true })
    await writeFile(at(wrongBlob), 'x')
    await run('tar', ['-C', folder, '-rf', bad, wrongBlob])
    const wrong = `${prefix}/bad:1`
    const loading = load(engine, bad, ({ images }) => images.map((image) => ({ image, names: [wrong] })))
    await expect(loading).rejects.toMatchObject({ code: 'archive_digest_wrong' })
    await expect(idOf(engine, wrong)).rejects.toThrow('404')
    const { images } = await inspectArchive(createReadStream(at('oci.tar')))
    await expect(idOf(engine, images[0]?.configDigest as string)).rejects.toThrow('404')
  },
)
