import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ArchiveFound } from '#lib/contracts/archives.ts'
import {
  blob,
  blobsOf,
  chunksOf,
  type Entry,
  file,
  indexOf,
  json,
  layoutOf,
  link,
  makeImage,
  type Part,
  pack,
  savedOf,
  sha256,
  tarOf,
} from '../../testing/archive-maker.ts'
import { inspectArchive } from './inspect.ts'

const inspect = (parts: Part[] | Buffer, size?: number) =>
  inspectArchive(chunksOf(Buffer.isBuffer(parts) ? parts : tarOf(parts), size))
const image = makeImage(['gzip', 'zstd', 'none'])
const arm = makeImage(['gzip'], { platform: 'linux/arm64/v8' })
const named = { 'io.containerd.image.name': 'docker.io/library/app:1' }
const attestation = makeImage(['none'], { platform: 'unknown/unknown' })
const statement: Entry = { image: attestation, platform: { os: 'unknown', architecture: 'unknown' } }
const folder = (path: string): Part => ({ path, body: Buffer.alloc(0), flag: '5' })

describe('an OCI layout', () => {
  it.each([1, 511, 100_000])('is read in chunks of %i bytes, every layer measured', async (size) => {
    const contents = await inspect(layoutOf([{ image, annotations: named }]), size)
    expect(contents).toMatchObject({ kind: 'oci-layout', compression: 'none', entries: 7 })
    expect(contents.unpackedSize).toBe(tarOf(layoutOf([{ image, annotations: named }])).length)
    expect(contents.images).toEqual([
      {
        names: ['docker.io/library/app:1'],
        platform: 'linux/amd64',
        configDigest: `sha256:${sha256(image.config)}`,
        configPath: `blobs/sha256/${sha256(image.config)}`,
        manifest: {
          digest: `sha256:${sha256(image.manifest)}`,
          size: image.manifest.length,
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
        },
        layers: image.layers.map(({ bytes, compression }, index) => ({
          path: `blobs/sha256/${sha256(bytes)}`,
          digest: `sha256:${sha256(bytes)}`,
          size: bytes.length,
          compression,
          diffId: JSON.parse(String(image.config)).rootfs.diff_ids[index],
          unpackedSize: 6144,
        })),
        createdAt: '2026-01-15T09:30:00.000Z',
      },
    ])
  })

  it.each(['gzip', 'zstd'] as const)('is read through %s around it all', async (compression) => {
    const plain = tarOf(layoutOf([{ image }]))
    const contents = await inspect(pack(plain, compression), 700)
    expect(contents).toMatchObject({ kind: 'oci-layout', compression, unpackedSize: plain.length })
  })

  it('may be compressed in several parts, as pigz and zstd:chunked do', async () => {
    const plain = tarOf(layoutOf([{ image }]))
    for (const half of [gzipSync, zstdCompressSync]) {
      const parts = Buffer.concat([half(plain.subarray(0, 3000)), half(plain.subarray(3000))])
      expect(await inspect(parts)).toMatchObject({ unpackedSize: plain.length })
    }
  })

  it('holds platforms below one name, and attestations that are no images', async () => {
    const nested = indexOf([{ image }, { image: arm }, statement])
    const contents = await inspect(
      layoutOf([{ image: nested, annotations: named }], blobsOf(image, arm, attestation)),
    )
    expect(contents.images.map(({ names, platform }) => [names, platform])).toEqual([
      [['docker.io/library/app:1'], 'linux/amd64'],
      [['docker.io/library/app:1'], 'linux/arm64/v8'],
    ])
    const marked = {
      ...statement,
      platform: undefined,
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }
    expect((await inspect(layoutOf([{ image }, marked]))).images).toHaveLength(1)
  })

  it('may leave out platforms of an index, as Docker with the containerd store does, but not all', async () => {
    const nested = indexOf([{ image }, { image: arm }])
    expect((await inspect(layoutOf([{ image: nested }], blobsOf(image)))).images).toHaveLength(1)
    await expect(inspect(layoutOf([{ image: nested }]))).rejects.toMatchObject({
      code: 'archive_blob_missing',
    })
  })

  it.each<[string, Record<string, string>, string[]]>([
    ['none', {}, []],
    ['a bare tag', { 'org.opencontainers.image.ref.name': '1.0' }, []],
    ['a reference', { 'org.opencontainers.image.ref.name': 'app:1.0' }, ['docker.io/library/app:1.0']],
    [
      'one without a tag',
      { 'org.opencontainers.image.ref.name': 'lab.internal/a' },
      ['lab.internal/a:latest'],
    ],
    ['one by digest', { 'io.containerd.image.name': `a@sha256:${'0'.repeat(64)}` }, []],
    [
      'both',
      { 'io.containerd.image.name': 'localhost/a:2', 'org.opencontainers.image.ref.name': '2' },
      ['localhost/a:2'],
    ],
  ])('gets its name from annotations: %s', async (_, annotations, names) => {
    expect((await inspect(layoutOf([{ image, annotations }]))).images[0]?.names).toEqual(names)
  })

  it('of several tags is one image with their names, those of manifest.json joined', async () => {
    const other = { 'io.containerd.image.name': 'lab.internal/app:2' }
    const document = [
      {
        Config: `blobs/sha256/${sha256(image.config)}`,
        RepoTags: ['app:1', 'lab.internal/app:3'],
        Layers: image.layers.map(({ bytes }) => `blobs/sha256/${sha256(bytes)}`),
      },
    ]
    // As Docker since 25 writes it: with the old descriptions, which nothing refers to.
    const legacy = blob(json({ id: 'a'.repeat(64), container_config: {}, os: 'linux' }))
    const parts = layoutOf([
      { image, annotations: named },
      { image, annotations: other },
    ])
    const both = [legacy, ...parts, file('manifest.json', json(document)), file('repositories', '{}')]
    expect((await inspect(both)).images).toMatchObject([
      { names: ['docker.io/library/app:1', 'lab.internal/app:2', 'lab.internal/app:3'] },
    ])
    expect((await inspect([legacy, ...parts])).remarks).toMatchObject([{ what: 'extra', entry: legacy.path }])
  })
})

describe('a Docker archive', () => {
  it('is read with its names, shared layers and a folder before all of it', async () => {
    const parts = savedOf([
      { image, tags: ['app:1', 'lab.internal/app:2'] },
      { image: arm, tags: null },
    ])
    const contents = await inspect([
      folder('.'),
      ...parts.map((part) => ({ ...part, path: `./${part.path}` })),
    ])
    expect(contents).toMatchObject({ kind: 'docker-archive', entries: parts.length + 1 })
    expect(contents.images).toMatchObject([
      {
        names: ['docker.io/library/app:1', 'lab.internal/app:2'],
        manifest: null,
        configPath: `${sha256(image.config)}.json`,
      },
      { names: [], platform: 'linux/arm64/v8', layers: [{ compression: 'gzip', unpackedSize: 6656 }] },
    ])
  })

  it('of an old docker save has folders, and links between layers that come back as files', async () => {
    const [one, two] = ['1'.repeat(64), '2'.repeat(64)]
    const body = arm.layers[0]?.bytes as Buffer
    const same = makeImage(['gzip'], { platform: 'linux/arm64/v8', more: { author: 'me' } })
    const parts = [
      folder(`${one}/`),
      file(`${one}/VERSION`, '1.0'),
      file(`${one}/json`, '{}'),
      link(`${two}/layer.tar`, `../${one}/layer.tar`),
      file(`${one}/layer.tar`, body),
      file(`${sha256(arm.config)}.json`, arm.config),
      file(`${sha256(same.config)}.json`, same.config),
      file(
        'manifest.json',
        json([
          { Config: `${sha256(arm.config)}.json`, RepoTags: ['a:1'], Layers: [`${one}/layer.tar`] },
          { Config: `${sha256(same.config)}.json`, RepoTags: ['a:2'], Layers: [`${two}/layer.tar`] },
        ]),
      ),
      file('repositories', '{}'),
    ]
    const { images } = await inspect(parts)
    expect(images.map(({ layers }) => layers[0]?.path)).toEqual([`${one}/layer.tar`, `${one}/layer.tar`])
  })
})

describe('a rootfs', () => {
  const files = [folder('bin'), folder('etc'), file('etc/passwd', 'root'), link('bin/sh', '/bin/busybox')]
  it('is a tar with folders of a system, where devices and links are', async () => {
    const more = [
      ...files,
      link('dev/null', '', '3'),
      link('bin/ls', 'bin/busybox', '1'),
      file('etc/passwd', 'again'),
    ]
    expect(await inspect(more)).toMatchObject({ kind: 'rootfs', entries: 7, images: [] })
    expect(await inspect([link('dev/null', '', '3'), ...files])).toMatchObject({ kind: 'rootfs' })
    expect(await inspect([link('bin', 'usr/bin'), file('./usr/x', '')])).toMatchObject({ kind: 'rootfs' })
  })
  it.each<[string, Part[], string]>([
    ['with one such folder alone', [folder('etc'), file('etc/x', '')], 'archive_kind_unknown'],
    ['with none', [file('app', 'x'), folder('data')], 'archive_kind_unknown'],
    ['with a way out', [...files, file('a/../../b', '')], 'archive_path_outside'],
    ['with an image in it', [...files, ...layoutOf([{ image }])], 'archive_kind_mixed'],
    ['in an image', [...layoutOf([{ image }]), ...files], 'archive_kind_mixed'],
  ])('%s', async (_, parts, code) => {
    await expect(inspect(parts)).rejects.toMatchObject({ code })
  })
})

it('takes for the files of a system what somebody says is that, whatever it looks like, and no way out of it', async () => {
  const said = (parts: Part[]) => inspectArchive(chunksOf(tarOf(parts)), { isRootfs: true })
  const app = [file('app', 'x'), link('dev/null', '', '3'), file('manifest.json', '[]'), file('app', 'again')]
  expect(await said(app)).toMatchObject({ kind: 'rootfs', entries: 4, images: [] })
  expect(await said(layoutOf([{ image }]))).toMatchObject({ kind: 'rootfs', images: [] })
  await expect(said([file('a/../../b', '')])).rejects.toMatchObject({ code: 'archive_path_outside' })
})

it('tells what it has found while the bytes still come, and waits for them', async () => {
  const found: ArchiveFound[] = []
  const bytes = tarOf(savedOf([{ image, tags: ['app:1'] }]).toReversed())
  let goOn = () => {}
  async function* growing() {
    yield bytes.subarray(0, 6000)
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    yield bytes.subarray(6000)
  }
  const contents = inspectArchive(growing(), { onFound: (one) => found.push(one) })
  await expect.poll(() => found.at(-1)?.kind).toBe('docker-archive')
  expect(found.at(-1)).toMatchObject({ compression: 'none', bytes: 6000, names: ['docker.io/library/app:1'] })
  goOn()
  await contents
  expect(found.at(-1)).toMatchObject({ bytes: bytes.length, entries: 5, platforms: ['linux/amd64'] })
})
