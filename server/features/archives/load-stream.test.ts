import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ArchiveContents } from '#lib/contracts/archives.ts'
import { readTar } from '../../tar/read.ts'
import {
  blob,
  blobsOf,
  chunksOf,
  file,
  indexOf,
  json,
  layoutOf,
  link,
  makeArtifact,
  makeImage,
  type Part,
  pack,
  savedOf,
  sha256,
  tarOf,
} from '../../testing/archive-maker.ts'
import { inspectArchive } from './inspect.ts'
import { type LoadChoice, type LoadTarget, loadStream } from './load-stream.ts'

const docker20: LoadTarget = { flavour: 'docker', version: '20.10.24+dfsg1', hasContainerdStore: false }
const docker28: LoadTarget = { flavour: 'docker', version: '28.5.2', hasContainerdStore: false }
const containerd: LoadTarget = { flavour: 'docker', version: '29.0.0', hasContainerdStore: true }
const podman: LoadTarget = { flavour: 'podman', version: '4.3.1', hasContainerdStore: false }

const image = makeImage(['gzip', 'zstd', 'none'])
const arm = makeImage(['zstd'], { platform: 'linux/arm64/v8' })
const all = (contents: ArchiveContents): LoadChoice[] =>
  contents.images.map((one) => ({ image: one, names: one.names }))
const only = (platform: string, names: string[]) => (contents: ArchiveContents) =>
  contents.images.filter((one) => one.platform === platform).map((one) => ({ image: one, names }))
const named = (name: string) => ({ 'io.containerd.image.name': name })

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}
/** What an engine gets when all is known before; `late` when it is known only after the last entry but the zstd ones. */
async function loaded(bytes: Buffer, choose: typeof all, target: LoadTarget, late = false): Promise<Buffer> {
  const contents = inspectArchive(chunksOf(bytes, 700))
  if (!late) await contents
  return whole(loadStream(chunksOf(bytes, late ? 1e6 : 900), contents, choose, target))
}
/**
 * What our own judge says of it. A layer that was unpacked for Docker 20.10 keeps its path, which is the digest of what
 * it was: judged by other names, it still has to be what the configuration says.
 */
async function judged(bytes: Buffer, target?: LoadTarget): Promise<ArchiveContents> {
  if (target !== docker20) return inspectArchive(chunksOf(bytes))
  const renamed = (text: string) =>
    text.replaceAll('blobs/sha256/', 'parts/').replaceAll(/\b(\w{64})\.tar/g, '$1.layer')
  const parts: Part[] = []
  for await (const { path, body } of readTar(chunksOf(bytes))) {
    const content = await whole(body)
    parts.push(file(renamed(path), path === 'manifest.json' ? renamed(String(content)) : content))
  }
  return inspectArchive(chunksOf(tarOf(parts)))
}
async function documentsIn(bytes: Buffer): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { path, body } of readTar(chunksOf(bytes))) found[path] = String(await whole(body))
  return found
}

const nested = indexOf([{ image }, { image: arm }])
const layout = layoutOf([{ image: nested, annotations: named('app:1') }], blobsOf(image, arm))
const two = layoutOf([
  { image, annotations: named('app:1') },
  { image: arm, annotations: named('app:2') },
])
const saved = savedOf([
  { image, tags: ['app:1', 'lab.internal/app:2'] },
  { image: arm, tags: null },
])
const full = 'docker.io/library/app'

describe.each([
  ['docker 20.10', docker20],
  ['docker 28', docker28],
  ['docker with the containerd store', containerd],
  ['podman', podman],
] as const)('for %s', (_, target) => {
  const isByIndex = target === containerd || target === podman
  it.each([
    ['known before', false],
    ['known late', true],
  ])('one platform of a layout, %s', async (_, late) => {
    const bytes = tarOf(layout)
    const out = await loaded(bytes, only('linux/amd64', [`${full}:1`]), target, late)
    if (late) {
      // What came before it was known has passed; the documents name none of it.
      expect((await documentsIn(out))['manifest.json'] ?? '').not.toContain(sha256(arm.config))
      return
    }
    const again = await judged(out, target)
    expect(again).toMatchObject({
      kind: isByIndex ? 'oci-layout' : 'docker-archive',
      compression: 'none',
      images: [
        { names: [`${full}:1`], configDigest: `sha256:${sha256(image.config)}`, platform: 'linux/amd64' },
      ],
    })
    expect(again.images[0]?.layers.map(({ compression }) => compression)).toEqual(
      target === docker20 ? ['gzip', 'none', 'none'] : ['gzip', 'zstd', 'none'],
    )
  })

  it('several of a layout', async () => {
    const again = await judged(await loaded(tarOf(two), all, target), target)
    expect(again.kind).toBe(target === containerd ? 'oci-layout' : 'docker-archive')
    expect(again.images.map(({ names }) => names)).toEqual([[`${full}:1`], [`${full}:2`]])
  })

  it('a Docker archive, and what a layout and a Docker archive in one is', async () => {
    const out = await judged(await loaded(tarOf(saved), all, target), target)
    expect(out).toMatchObject({
      kind: 'docker-archive',
      images: [{ names: [`${full}:1`, 'lab.internal/app:2'] }, { names: [], platform: 'linux/arm64/v8' }],
    })
    const document = {
      Config: `blobs/sha256/${sha256(image.config)}`,
      RepoTags: ['app:7'],
      Layers: image.layers.map(({ bytes }) => `blobs/sha256/${sha256(bytes)}`),
    }
    const both = [
      ...layoutOf([{ image }]),
      file('manifest.json', json([document])),
      file('repositories', '{}'),
    ]
    const again = await judged(await loaded(tarOf(both), all, target), target)
    expect(again).toMatchObject({
      kind: isByIndex ? 'oci-layout' : 'docker-archive',
      images: [{ names: [`${full}:7`] }],
    })
  })

  it.each(['gzip', 'zstd'] as const)('an archive in %s comes plain', async (compression) => {
    const out = await loaded(pack(tarOf(layout), compression), all, target)
    expect((await judged(out, target)).compression).toBe('none')
  })

  it('layers that were links are the files themselves', async () => {
    const [one, other] = ['1'.repeat(64), '2'.repeat(64)]
    const documents = [arm, makeImage(['zstd'], { platform: arm.platform, more: { author: 'me' } })]
    const parts: Part[] = [
      link(`${other}/layer.tar`, `../${one}/layer.tar`),
      file(`${one}/layer.tar`, arm.layers[0]?.bytes as Buffer),
      file(`${one}/json`, '{}'),
      ...documents.map(({ config }) => file(`${sha256(config)}.json`, config)),
      file(
        'manifest.json',
        json(
          documents.map(({ config }, index) => ({
            Config: `${sha256(config)}.json`,
            RepoTags: [`a:${index}`],
            Layers: [`${index === 0 ? one : other}/layer.tar`],
          })),
        ),
      ),
    ]
    const out = await loaded(tarOf(parts), all, target)
    const types: string[] = []
    for await (const { type, path } of readTar(chunksOf(out))) types.push(`${type} ${path}`)
    expect(types).toContain(`file ${one}/layer.tar`)
    expect(types.filter((type) => !type.startsWith('file ') || type.endsWith('/json'))).toEqual([])
    expect((await judged(out, target)).images).toHaveLength(2)
  })
})

it('gives several names of one image to Docker as entries, and to Podman the first', async () => {
  const choose = only('linux/amd64', ['a.io/b:1', 'a.io/b:2'])
  for (const [target, names] of [
    [docker20, ['a.io/b:1', 'a.io/b:2']],
    [containerd, ['a.io/b:1', 'a.io/b:2']],
    [podman, ['a.io/b:1']],
  ] as const)
    expect((await judged(await loaded(tarOf(layout), choose, target), target)).images).toMatchObject([
      { names },
    ])
})

it('leaves an image without a name where none is chosen', async () => {
  for (const target of [docker20, containerd, podman]) {
    const out = await loaded(tarOf(layout), only('linux/amd64', []), target)
    expect((await judged(out, target)).images).toMatchObject([{ names: [] }])
  }
})

it('leaves out what is beside an image, and what is there again', async () => {
  const artifact = makeArtifact('text/spdx+json')
  const beside = layoutOf([{ image: artifact }, { image: arm, annotations: named('a.io/b:1') }])
  const layer = blob(arm.layers[0]?.bytes as Buffer)
  const bytes = tarOf([file('readme', 'x'), ...beside, layer, link(layer.path, layer.path, '1')])
  for (const target of [docker28, containerd, podman]) {
    const { images, remarks } = await judged(await loaded(bytes, all, target))
    expect([images.length, remarks]).toEqual([1, []])
  }
  // By manifest.json alone, also where an index would do for the others.
  const own = makeImage(['gzip'])
  const mixed = tarOf([...layoutOf([{ image: arm }]), ...savedOf([{ image: own, tags: ['a.io/own:1'] }])])
  for (const target of [docker28, containerd, podman])
    expect((await judged(await loaded(mixed, all, target))).images).toHaveLength(2)
})

describe('an archive that turns out bad', () => {
  const extra = [...layout, file(`blobs/sha256/${'0'.repeat(64)}`, 'x')]
  it.each([docker20, docker28, containerd, podman])('is never loaded: the tar is cut', async (target) => {
    const bytes = tarOf(extra)
    const parts: Buffer[] = []
    const reading = async () => {
      for await (const part of loadStream(chunksOf(bytes), inspectArchive(chunksOf(bytes)), all, target))
        parts.push(part)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'archive_digest_wrong' })
    const out = Buffer.concat(parts)
    for (const path of ['manifest.json', 'index.json', 'oci-layout']) expect(out.includes(path)).toBe(false)
    await expect(judged(out, target)).rejects.toMatchObject({
      code: expect.stringMatching(/^archive_/),
    })
  })

  it('ends it in the middle of a layer', async () => {
    const { promise: contents, reject: fail } = Promise.withResolvers<ArchiveContents>()
    const stream = loadStream(chunksOf(tarOf(layout), 100), contents, all, docker28)
    await stream.next()
    fail(new Error('the upload was cut'))
    await expect(whole(stream)).rejects.toThrow('the upload was cut')
  })

  it.each<[string, Part[], string]>([
    ['with a name that leads out', [file('../x', '')], 'archive_path_outside'],
    ['of a system', [file('bin/sh', ''), file('etc/passwd', '')], 'archive_kind_unknown'],
  ])('%s', async (_, parts, code) => {
    const bytes = tarOf(parts)
    const stream = loadStream(chunksOf(bytes), inspectArchive(chunksOf(bytes)), all, docker28)
    await expect(whole(stream)).rejects.toMatchObject({ code })
  })

  it('is noticed when other bytes come than were judged', async () => {
    const contents = await inspectArchive(chunksOf(tarOf(layout)))
    const zstd = `blobs/sha256/${sha256(image.layers[1]?.bytes as Buffer)}`
    const other = layout.map((part) =>
      part.path === zstd ? file(zstd, pack(Buffer.from('x'), 'zstd')) : part,
    )
    const stream = loadStream(chunksOf(tarOf(other)), Promise.resolve(contents), all, docker20)
    await expect(whole(stream)).rejects.toMatchObject({ code: 'archive_size_wrong' })
  })

  it('is one of which nothing is chosen', async () => {
    await expect(loaded(tarOf(layout), () => [], docker28)).rejects.toMatchObject({
      code: 'archive_kind_unknown',
    })
  })
})

it('gives an engine bytes before the upload has ended, and asks for no more than are taken', async () => {
  const bytes = tarOf(layout)
  let asked = 0
  let isClosed = false
  async function* upload() {
    try {
      for await (const chunk of chunksOf(bytes, 512)) {
        asked += chunk.length
        yield chunk
      }
    } finally {
      isClosed = true
    }
  }
  const stream = loadStream(upload(), new Promise(() => {}), all, docker28)
  let given = 0
  for (let at = 0; at < 3; at++) given += (await stream.next()).value?.length ?? 0
  expect(given).toBeGreaterThan(512)
  expect(asked).toBeLessThan(given + 2048)
  await stream.return(undefined)
  expect(isClosed).toBe(true)
})

it('waits with a zstd layer for Docker 20.10 until its size is known', async () => {
  const bytes = gzipSync(tarOf(layoutOf([{ image: arm }])))
  const { promise: contents, resolve: known } = Promise.withResolvers<ArchiveContents>()
  const parts: Buffer[] = []
  const reading = (async () => {
    for await (const part of loadStream(chunksOf(bytes), contents, all, docker20)) parts.push(part)
  })()
  await expect.poll(() => Buffer.concat(parts).includes(sha256(arm.config))).toBe(true)
  const layer = arm.layers[0]?.bytes as Buffer
  expect(Buffer.concat(parts).includes(sha256(layer))).toBe(false)
  known(await inspectArchive(chunksOf(bytes)))
  await reading
  const again = await judged(Buffer.concat(parts), docker20)
  expect(again.images).toMatchObject([{ layers: [{ compression: 'none', unpackedSize: 6656 }] }])
})
