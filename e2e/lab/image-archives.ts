import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labImages } from './images.ts'
import { run } from './run.ts'
import { requireLab } from './state.ts'
import { witness } from './witness.ts'

interface Descriptor {
  mediaType: string
  digest: string
  size: number
  platform?: { architecture: string; os: string }
  annotations?: Record<string, string>
}

/** Archives of one image that prints "web 2.0", each as its real tool writes it. Paths by what is special in them. */
export async function makeArchives(
  folder: string,
  repository: string,
): Promise<Record<'oci-zstd' | 'docker20-save' | 'index', string>> {
  const source = `docker-archive:${join(requireLab().folder, 'images.tar')}:${labImages.web2}`
  const at = (name: string) => join(folder, `${name}.tar`)
  const zstd = ['--dest-compress', '--dest-compress-format', 'zstd']
  await run('skopeo', [
    'copy',
    '--quiet',
    ...zstd,
    source,
    `oci-archive:${at('oci-zstd')}:${repository}/oci-zstd:1`,
  ])
  const tag = `${repository}/docker20-save:1`
  await witness('docker-unix', ['tag', labImages.web2, tag])
  await witness('docker-unix', ['save', '-o', at('docker20-save'), tag])
  await witness('docker-unix', ['rmi', tag])
  await makeIndex(folder, repository, at('index'))
  return { 'oci-zstd': at('oci-zstd'), 'docker20-save': at('docker20-save'), index: at('index') }
}

/** A layout whose one entry is an index of two platforms; the other one holds the same files under another name. */
async function makeIndex(folder: string, repository: string, target: string): Promise<void> {
  const layout = join(folder, 'index-layout')
  mkdirSync(layout, { recursive: true })
  const source = `docker-archive:${join(requireLab().folder, 'images.tar')}:${labImages.web2}`
  await run('skopeo', ['copy', '--quiet', source, `oci:${layout}:own`])
  const blobs = join(layout, 'blobs/sha256')
  const read = (digest: string) => JSON.parse(readFileSync(join(blobs, digest.slice(7)), 'utf8'))
  const write = (value: unknown) => {
    const bytes = Buffer.from(JSON.stringify(value))
    const hex = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, hex), bytes)
    return { digest: `sha256:${hex}`, size: bytes.length }
  }
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] }
  const { annotations: _, ...own } = index.manifests[0] as Descriptor
  const manifest = read(own.digest)
  const config = { ...manifest.config, ...write({ ...read(manifest.config.digest), architecture: 's390x' }) }
  const other = { mediaType: own.mediaType, ...write({ ...manifest, config }) }
  const { architecture } = read(manifest.config.digest) as { architecture: string }
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const both = write({
    schemaVersion: 2,
    mediaType,
    manifests: [
      { ...other, platform: { os: 'linux', architecture: 's390x' } },
      { ...own, platform: { os: 'linux', architecture } },
    ],
  })
  const annotations = { 'io.containerd.image.name': `${repository}/index:1` }
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...both, annotations }] }),
  )
  await run('tar', ['-C', layout, '-cf', target, 'blobs', 'index.json', 'oci-layout'])
}

/** A Docker archive of about so many bytes, whose layer nothing makes smaller. */
export async function makeLargeArchive(folder: string, bytes: number, reference: string): Promise<string> {
  const work = join(folder, `large-${bytes}`)
  mkdirSync(join(work, 'files'), { recursive: true })
  const base = join(work, 'base')
  await run('skopeo', [
    'copy',
    '--quiet',
    `docker-archive:${join(requireLab().folder, 'images.tar')}:${labImages.busybox}`,
    `dir:${base}`,
  ])
  await run('/bin/sh', ['-c', `head -c ${bytes} /dev/urandom > ${join(work, 'files/large')}`])
  const layer = join(work, 'large.tar')
  await run('tar', ['-C', join(work, 'files'), '-cf', layer, '.'])
  const hash = async (path: string) => (await run('sha256sum', [path])).stdout.slice(0, 64)
  const manifest = JSON.parse(readFileSync(join(base, 'manifest.json'), 'utf8')) as {
    config: Descriptor
    layers: Descriptor[]
  }
  const config = JSON.parse(readFileSync(join(base, manifest.config.digest.slice(7)), 'utf8'))
  config.rootfs.diff_ids.push(`sha256:${await hash(layer)}`)
  config.history = []
  const layers = manifest.layers.map(({ digest }) => digest.slice(7))
  for (const name of layers) cpSync(join(base, name), join(work, `${name}.tar`))
  writeFileSync(join(work, 'config.json'), JSON.stringify(config))
  const Layers = [...layers.map((name) => `${name}.tar`), 'large.tar']
  const saved = [{ Config: 'config.json', RepoTags: [reference], Layers }]
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(saved))
  const target = join(folder, `large-${bytes}.tar`)
  await run('tar', ['-C', work, '-cf', target, 'config.json', ...Layers, 'manifest.json'])
  return target
}

/** The plain files of the busybox image, as `docker export` gives them. */
export async function makeRootfs(path: string): Promise<string> {
  const created = await witness('docker-unix', ['create', labImages.busybox])
  const id = created.stdout.trim()
  await witness('docker-unix', ['export', '-o', path, id])
  await witness('docker-unix', ['rm', id])
  return path
}
