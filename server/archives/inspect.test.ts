import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ArchiveCompression, ArchiveFound } from '#lib/contracts/archives.ts'
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
} from '../testing/archive-maker.ts'
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

  it.each<ArchiveCompression>(['gzip', 'zstd'])('is read through %s around it all', async (compression) => {
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
    await expect(inspect([legacy, ...parts])).rejects.toMatchObject({ code: 'archive_blob_extra' })
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
      ...[folder(`${one}/`), file(`${one}/VERSION`, '1.0'), file(`${one}/json`, '{}')],
      ...[link(`${two}/layer.tar`, `../${one}/layer.tar`), file(`${one}/layer.tar`, body)],
      ...[file(`${sha256(arm.config)}.json`, arm.config), file(`${sha256(same.config)}.json`, same.config)],
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
    ['with a way out', [...files, file('a/../../b', '')], 'archive_path_outside'],
    ['with an image in it', [...files, ...layoutOf([{ image }])], 'archive_kind_mixed'],
    ['in an image', [...layoutOf([{ image }]), ...files], 'archive_kind_mixed'],
  ])('%s', async (_, parts, code) => {
    await expect(inspect(parts)).rejects.toMatchObject({ code })
  })
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

describe('refuses', () => {
  const parts = layoutOf([{ image }])
  const saved = savedOf([{ image, tags: ['a:1'] }])
  const first = `blobs/sha256/${sha256(image.layers[0]?.bytes as Buffer)}`
  const without = (path: string) => parts.filter((part) => part.path !== path)
  const put = (path: string, body: Buffer | string) => [...without(path), file(path, body)]
  const config = (more: object) => layoutOf([{ image: makeImage(['gzip'], { more }) }])
  const manifest = (more: object) => layoutOf([{ image: makeImage(['gzip'], { manifest: more }) }])
  const document = JSON.parse(String(arm.manifest))
  const layer = (change: object) => {
    const layers = [{ ...document.layers[0], ...change }]
    return layoutOf([{ image: { ...arm, manifest: json({ ...document, layers }) } }])
  }
  /** A layer whose bytes are no good; the blob's digest is right. */
  const packed = (bytes: Buffer) =>
    layoutOf([{ image: { ...image, layers: [{ bytes, compression: 'gzip' }] } }])
  const body = image.layers[0]?.bytes as Buffer
  const tags = (...names: string[]) => savedOf([{ image, tags: names }])
  const nest = (depth: number, inner = indexOf([{ image }])): Part[] => {
    const blobs = [blob(inner)]
    let index = inner
    for (let at = 0; at < depth; at++) blobs.push(blob((index = indexOf([{ image: index }]))))
    return layoutOf([{ image: index }], [...blobs, ...blobsOf(image)])
  }
  const deep = Buffer.from(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`)

  it.each<[string, Part[] | Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'archive_invalid'],
    ['an empty tar', tarOf([]), 'archive_invalid'],
    ['what is no tar', Buffer.from('x'.repeat(5000)), 'archive_invalid'],
    ['a tar of anything', [file('readme', 'hello')], 'archive_kind_unknown'],
    ['an index without its layout', without('oci-layout'), 'archive_kind_unknown'],
    ['a layout without its index', without('index.json'), 'archive_kind_unknown'],
    [
      'a layout of another version',
      put('oci-layout', '{"imageLayoutVersion":"2.0"}'),
      'archive_document_invalid',
    ],
    ['a layout without images', layoutOf([]), 'archive_kind_unknown'],
    ['attestations alone', layoutOf([statement]), 'archive_kind_unknown'],
    ['a manifest.json of nothing', [file('manifest.json', '[]')], 'archive_kind_unknown'],
    ['a missing layer', without(first), 'archive_blob_missing'],
    ['a missing file of a Docker archive', saved.slice(1), 'archive_blob_missing'],
    [
      'a missing part of an attestation',
      layoutOf([{ image }, statement]).filter(({ path }) => path !== blob(attestation.config).path),
      'archive_blob_missing',
    ],
    ['a blob too many', [blob(Buffer.from('more')), ...parts], 'archive_blob_extra'],
    ['a file too many', [...parts, file('readme', 'hello')], 'archive_blob_extra'],
    ['a file too many in a Docker archive', [...saved, file('x/layer.tar', 'hello')], 'archive_blob_extra'],
    ['a blob of another algorithm', [...parts, file('blobs/sha512/aa', 'x')], 'archive_blob_extra'],
    ['a changed layer', put(first, Buffer.concat([body, Buffer.from('x')])), 'archive_compression_damaged'],
    ['another file in its place', put(first, 'x'), 'archive_digest_wrong'],
    ['a blob whose name is no digest', put('blobs/sha256/../../x', 'x'), 'archive_path_outside'],
    ['a blob whose name is none', [...parts, file('blobs/sha256/x', 'x')], 'archive_digest_wrong'],
    [
      'a changed configuration',
      [file(`${sha256(image.config)}.json`, '{}'), ...saved.slice(1)],
      'archive_digest_wrong',
    ],
    ['a wrong size', layer({ size: 3 }), 'archive_size_wrong'],
    ['a wrong size of a manifest', layoutOf([{ image, size: 3 }]), 'archive_size_wrong'],
    [
      'a layer of another image',
      layoutOf(
        [
          {
            image: {
              ...image,
              manifest: json({
                ...document,
                config: {
                  ...document.config,
                  digest: `sha256:${sha256(image.config)}`,
                  size: image.config.length,
                },
              }),
            },
          },
        ],
        blobsOf(arm),
      ),
      'archive_layer_count',
    ],
    [
      'a layer that is another unpacked',
      config({ rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } }),
      'archive_diff_id_wrong',
    ],
    [
      'more layers than there are',
      config({ rootfs: { type: 'layers', diff_ids: [] } }),
      'archive_layer_count',
    ],
    ['a configuration without layers', config({ rootfs: {} }), 'archive_document_invalid'],
    ['a configuration without a platform', config({ os: '../x' }), 'archive_document_invalid'],
    ['keys that differ by case', config({ RootFS: {} }), 'archive_document_invalid'],
    ['a digest that is none', layer({ digest: 'sha256:../../x' }), 'archive_document_invalid'],
    ['a negative size', layer({ size: -1 }), 'archive_document_invalid'],
    ['an index and a manifest in one', manifest({ manifests: [] }), 'archive_document_invalid'],
    [
      'a manifest said to be an index',
      layoutOf([{ image, mediaType: 'application/vnd.oci.image.index.v1+json' }]),
      'archive_document_invalid',
    ],
    ['a manifest of another version', manifest({ schemaVersion: 1 }), 'archive_document_invalid'],
    [
      'a layer in place of a manifest',
      layoutOf([{ image: { ...image, manifest: body } }]),
      'archive_document_invalid',
    ],
    ['manifest.json of another image', [...parts, ...saved], 'archive_document_invalid'],
    [
      'a configuration that is manifest.json',
      [file('manifest.json', json([{ Config: 'manifest.json' }]))],
      'archive_document_invalid',
    ],
    ['JSON that is none', put('index.json', '{"schemaVersion":2,'), 'archive_json_invalid'],
    ['JSON that is binary', put('index.json', Buffer.alloc(100, 0xff)), 'archive_json_invalid'],
    ['JSON that is empty', put('index.json', ''), 'archive_json_invalid'],
    ['JSON that is no object', put('index.json', '[1]'), 'archive_document_invalid'],
    ['JSON of great depth', put('index.json', deep), 'archive_too_complex'],
    ['a configuration of great depth', config({ x: JSON.parse(String(deep)) }), 'archive_too_complex'],
    ['JSON of five megabytes', put('index.json', Buffer.alloc(5e6, ' ')), 'archive_too_complex'],
    ['indexes in indexes', nest(8), 'archive_too_complex'],
    [
      'an index of ten thousand',
      layoutOf(Array.from({ length: 10_000 }, () => ({ image }))),
      'archive_too_complex',
    ],
    [
      'thirty thousand entries',
      [file('manifest.json', '[]'), ...Array.from({ length: 30_000 }, (_, at) => file(`f${at}`, ''))],
      'archive_too_complex',
    ],
    [
      'documents of forty megabytes',
      Array.from({ length: 12 }, (_, at) =>
        file(`${at}.json`, `{"manifests":[],"x":"${'y'.repeat(3.5e6)}"}`),
      ),
      'archive_too_complex',
    ],
    [
      'a foreign layer',
      layer({ mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' }),
      'archive_layer_foreign',
    ],
    ['a layer that is elsewhere', layer({ urls: ['https://example.com'] }), 'archive_layer_foreign'],
    [
      'a chart',
      layer({ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }),
      'archive_not_image',
    ],
    [
      'an artifact',
      manifest({ config: { ...document.config, mediaType: 'application/vnd.oci.empty.v1+json' } }),
      'archive_not_image',
    ],
    [
      'a name in upper case',
      layoutOf([{ image, annotations: { 'io.containerd.image.name': 'A/b:1' } }]),
      'archive_name_invalid',
    ],
    ['a tag that is none', tags('a:1', 'b:-x'), 'archive_name_invalid'],
    ['a name with a line in it', tags('a:1\nb'), 'archive_name_invalid'],
    ['an absolute path', [...parts, file('/etc/passwd', '')], 'archive_path_outside'],
    ['a path that leads out', [...parts, file('a/../../b', '')], 'archive_path_outside'],
    ['a path of Windows', [...parts, file('C:\\x', '')], 'archive_path_outside'],
    ['a path that leads out on Windows', [...parts, file('a\\..\\..\\b', '')], 'archive_path_outside'],
    ['two entries of one name', [...parts, file('index.json', '{}')], 'archive_entry_repeated'],
    ['two that are one in the end', [file('./index.json', '{}'), ...parts], 'archive_entry_repeated'],
    ['a link in place of a blob', [...without(first), link(first, '/etc/passwd')], 'archive_link'],
    ['a link before it is known what it is', [link('a', 'b'), ...parts], 'archive_link'],
    [
      'a link to a file outside',
      [...saved, link(`${'1'.repeat(64)}/layer.tar`, '../../etc/passwd')],
      'archive_link',
    ],
    [
      'a link with two steps',
      [...saved, link(`${'1'.repeat(64)}/layer.tar`, `../${'2'.repeat(64)}/../../x`)],
      'archive_link',
    ],
    [
      'a link to nothing',
      [...saved, link(`${'1'.repeat(64)}/layer.tar`, `../${'2'.repeat(64)}/layer.tar`)],
      'archive_blob_missing',
    ],
    [
      'a link to itself',
      [...saved, link(`${'1'.repeat(64)}/layer.tar`, `../${'1'.repeat(64)}/layer.tar`)],
      'archive_blob_missing',
    ],
    [
      'a link of a layout',
      [...parts, link(`${'1'.repeat(64)}/layer.tar`, `../${'2'.repeat(64)}.tar`)],
      'archive_link',
    ],
    ['a hard link', [...parts, link('x', 'index.json', '1')], 'archive_link'],
    ['a device', [...parts, link('null', '', '3')], 'archive_device'],
    ['a pipe', [...parts, link('pipe', '', '6')], 'archive_device'],
    ['what GNU calls sparse', [...parts, link('x', '', 'S')], 'archive_invalid'],
    ['a label of a tape', [...parts, link('x', '', 'V')], 'archive_device'],
    ['a bomb in a layer', packed(gzipSync(Buffer.alloc(80e6))), 'archive_expansion'],
    ['a bomb in a layer of zstd', packed(zstdCompressSync(Buffer.alloc(80e6))), 'archive_expansion'],
    ['a bomb around it', gzipSync(Buffer.concat([tarOf(parts), Buffer.alloc(80e6)])), 'archive_expansion'],
    ['a layer that is cut', packed(body.subarray(0, -5)), 'archive_compression_damaged'],
    [
      'a layer that is damaged',
      packed(Buffer.concat([body.subarray(0, 20), Buffer.alloc(50, 7)])),
      'archive_compression_damaged',
    ],
    ['zeros after a layer', packed(Buffer.concat([body, Buffer.alloc(9)])), 'archive_trailing_bytes'],
    [
      'something after a layer of zstd',
      packed(Buffer.concat([zstdCompressSync(body), Buffer.from('x')])),
      'archive_trailing_bytes',
    ],
    [
      'something after it all',
      Buffer.concat([gzipSync(tarOf(parts)), Buffer.alloc(9)]),
      'archive_trailing_bytes',
    ],
    ['a tar that is cut', tarOf(parts).subarray(0, 5000), 'archive_truncated'],
    ['gzip that is cut', gzipSync(tarOf(parts)).subarray(0, -40), 'archive_truncated'],
    ['zstd that is cut', zstdCompressSync(tarOf(parts)).subarray(0, -40), 'archive_truncated'],
  ])('%s', async (_, bytes, code) => {
    await expect(inspect(bytes, 50_000)).rejects.toMatchObject({ code })
  })

  it('says where, what was expected and what was found', async () => {
    const found = `sha256:${sha256(Buffer.from('x'))}`
    const expected = `sha256:${first.slice(13)}`
    await expect(inspect(put(first, 'x'))).rejects.toMatchObject({
      context: { params: { entry: first, expected, found } },
    })
  })

  it('nothing else and nothing by accident: changed bytes end in one of its codes', async () => {
    const good = tarOf(layoutOf([{ image: arm }]))
    for (let seed = 1; seed <= 300; seed++) {
      const bytes = Buffer.from(good)
      bytes[(seed * 7919) % bytes.length] = (seed * 31) % 256
      await inspect(bytes, 5000).catch((error: { code?: string }) => expect(error.code).toMatch(/^archive_/))
    }
  })

  it('closes the source when it has seen enough', async () => {
    let isClosed = false
    async function* endless() {
      try {
        yield tarOf([file('/abs', '')])
        for (;;) yield Buffer.alloc(512)
      } finally {
        isClosed = true
      }
    }
    await expect(inspectArchive(endless())).rejects.toMatchObject({ code: 'archive_path_outside' })
    expect(isClosed).toBe(true)
  })
})
