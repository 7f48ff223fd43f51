import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
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
  makeArtifact,
  makeImage,
  type Part,
  savedOf,
  sha256,
  tarOf,
} from '../../testing/archive-maker.ts'
import { inspectArchive } from './inspect.ts'

const inspect = (parts: Part[] | Buffer, size?: number) =>
  inspectArchive(chunksOf(Buffer.isBuffer(parts) ? parts : tarOf(parts), size))
const image = makeImage(['gzip', 'zstd', 'none'])
const arm = makeImage(['gzip'], { platform: 'linux/arm64/v8' })
const attestation = makeImage(['none'], { platform: 'unknown/unknown' })
const other = makeImage(['gzip'], { more: { author: 'somebody else' } })
const signature = makeArtifact('application/vnd.dev.cosign.simplesigning.v1+json')
const statement: Entry = { image: attestation, platform: { os: 'unknown', architecture: 'unknown' } }

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
    [
      'one name for two images, by index.json and by manifest.json',
      [...layoutOf([{ image: other, annotations: { 'io.containerd.image.name': 'a:1' } }]), ...saved],
      'archive_document_invalid',
    ],
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
    ['a link to nothing in place of a blob', [...without(first), link(first, 'x')], 'archive_blob_missing'],
    [
      'a link to itself in place of a blob',
      [...without(first), link(first, first, '1')],
      'archive_blob_missing',
    ],
    [
      'a link to a link in place of a blob',
      [...without(first), link(first, 'x', '1'), link('x', 'y', '1'), file('y', body)],
      'archive_blob_missing',
    ],
    [
      'a blob that lies elsewhere, by a link',
      [...without(first), file('x', body), link(first, 'x', '1')],
      'archive_link',
    ],
    ['a link before a file of its name', [link(first, 'x', '1'), ...parts], 'archive_entry_repeated'],
    ['a link that leads out of the top', [...parts, link('a', '../b')], 'archive_link'],
    ['a hard link with a way up', [...parts, link('a/b', 'a/../c', '1')], 'archive_link'],
    ['a link of the name of a document', [...without('index.json'), link('index.json', 'x')], 'archive_link'],
    [
      'a blob twice with different bytes',
      [...saved, file('x', '1'), file('x', '2')],
      'archive_entry_repeated',
    ],
    ['a signature alone', layoutOf([{ image: signature }]), 'archive_not_image'],
    [
      'a signature that is damaged, beside an image',
      layoutOf([{ image }, { image: signature, size: 3 }]),
      'archive_size_wrong',
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
