import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { ArchiveCompression } from '#lib/contracts/archives.ts'
import { tarEnd, tarHeader, tarPadding } from '../tar/write.ts'

/** One entry of a tar. `flag` is its type as the header has it: '0' a file, '2' a symlink, '3' a device, ... */
export interface Part {
  path: string
  body: Buffer
  flag?: string
  linkTarget?: string
}

export interface MadeImage {
  platform: string
  config: Buffer
  layers: { bytes: Buffer; compression: Packing }[]
  manifest: Buffer
}

export interface Entry {
  image: MadeImage | Buffer
  mediaType?: string
  annotations?: Record<string, string>
  platform?: object
  size?: number
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
export const json = (value: unknown) => Buffer.from(JSON.stringify(value))
export const file = (path: string, body: Buffer | string): Part => ({ path, body: Buffer.from(body) })
export const link = (path: string, linkTarget: string, flag = '2'): Part => ({
  path,
  linkTarget,
  flag,
  body: Buffer.alloc(0),
})
export const blob = (bytes: Buffer) => file(`blobs/sha256/${sha256(bytes)}`, bytes)

export function tarOf(parts: Part[]): Buffer {
  const entry = { type: 'file' as const, mode: 0o644, uid: 0, gid: 0, mtime: 0 }
  const bytes = parts.flatMap(({ path, body, flag = '0', linkTarget = '' }) => {
    const header = tarHeader({ ...entry, path, size: body.length })
    const block = header.subarray(header.length - 512)
    block.write(flag, 156)
    block.write(linkTarget, 157, 100)
    block.write('        ', 148)
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, body, tarPadding(body.length)]
  })
  return Buffer.concat([...bytes, tarEnd()])
}

/** Those that Node itself packs. */
type Packing = Exclude<ArchiveCompression, 'xz' | 'bzip2'>

export function pack(bytes: Buffer, compression: Packing): Buffer {
  return compression === 'none' ? bytes : compression === 'gzip' ? gzipSync(bytes) : zstdCompressSync(bytes)
}

/**
 * An image with a layer for each compression; `more` goes over its configuration, `manifest` over its manifest, and
 * `payload`, where given, is a file in each layer.
 */
export function makeImage(
  compressions: Packing[],
  { platform = 'linux/amd64', more = {}, manifest = {}, payload = Buffer.alloc(0) } = {},
): MadeImage {
  const [os, architecture, variant] = platform.split('/')
  const plain = compressions.map((_, index) =>
    tarOf([
      file(`etc/layer-${index}`, `${platform} ${index} `.repeat(300)),
      ...(payload.length > 0 ? [file('payload', payload)] : []),
    ]),
  )
  const layers = plain.map((bytes, index) => {
    const compression = compressions[index] as Packing
    return { bytes: pack(bytes, compression), compression }
  })
  const diff_ids = plain.map((bytes) => `sha256:${sha256(bytes)}`)
  const rootfs = { type: 'layers', diff_ids }
  const config = json({ created: '2026-01-15T09:30:00Z', os, architecture, variant, rootfs, ...more })
  const type = { none: '', gzip: '+gzip', zstd: '+zstd' }
  const document = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: describe(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map(({ bytes, compression }) =>
      describe(bytes, `application/vnd.oci.image.layer.v1.tar${type[compression]}`),
    ),
  }
  return { platform, config, layers, manifest: json({ ...document, ...manifest }) }
}

export function describe(bytes: Buffer, mediaType: string) {
  return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length }
}

export function indexOf(entries: Entry[]): Buffer {
  const manifests = entries.map(({ image, mediaType, annotations, platform, size }) => {
    const bytes = Buffer.isBuffer(image) ? image : image.manifest
    const type =
      mediaType ?? `application/vnd.oci.image.${Buffer.isBuffer(image) ? 'index' : 'manifest'}.v1+json`
    return { ...describe(bytes, type), annotations, platform, ...(size === undefined ? {} : { size }) }
  })
  return json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests })
}

export const blobsOf = (...images: MadeImage[]) =>
  images.flatMap(({ config, layers, manifest }) =>
    [config, ...layers.map(({ bytes }) => bytes), manifest].map(blob),
  )

/** What lies in registries beside images: a manifest with one layer of another type, as cosign, ORAS and Helm write them. */
export function makeArtifact(
  layerType: string,
  configType = 'application/vnd.oci.image.config.v1+json',
): MadeImage {
  const config = json({ architecture: '', os: '', rootfs: { type: 'layers', diff_ids: [] } })
  const bytes = json({ is: layerType })
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: describe(config, configType),
    layers: [describe(bytes, layerType)],
  })
  return { platform: '', config, layers: [{ bytes, compression: 'none' }], manifest }
}

/** An OCI layout whose index comes last, with each blob once. */
export function layoutOf(entries: Entry[], more: Part[] = []): Part[] {
  const images = entries.map(({ image }) => image)
  const blobs = images.flatMap((image) => (Buffer.isBuffer(image) ? [blob(image)] : blobsOf(image)))
  const all = new Map([...blobs, ...more].map((part) => [part.path, part]))
  return [
    ...all.values(),
    file('index.json', indexOf(entries)),
    file('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
  ]
}

/** A Docker archive as skopeo writes it: files named by what they hold. */
export function savedOf(images: { image: MadeImage; tags: string[] | null }[]): Part[] {
  const all = new Map<string, Part>()
  const put = (path: string, bytes: Buffer) => {
    all.set(path, file(path, bytes))
    return path
  }
  const documents = images.map(({ image, tags }) => ({
    Config: put(`${sha256(image.config)}.json`, image.config),
    RepoTags: tags,
    Layers: image.layers.map(({ bytes }) => put(`${sha256(bytes)}.tar`, bytes)),
  }))
  return [...all.values(), file('manifest.json', json(documents))]
}

/** In chunks of a size, with a turn of the event loop between them. */
export async function* chunksOf(bytes: Buffer, size = 10_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    await new Promise(setImmediate)
    yield bytes.subarray(at, at + size)
  }
}
