import type { ArchiveImage } from '#lib/contracts/archives.ts'
import { documentOf, fullName, invalidDocument, savedSchema, tooComplex } from './documents.ts'
import { decidingDocuments, entryPath } from './entries.ts'
import { type FoundBlobs, readImage } from './oci-layout.ts'

const mostImages = 1000

/** The images that manifest.json of `docker save` names. Layers that are links come back as the file they lead to. */
export function readSaved(blobs: FoundBlobs, links: ReadonlyMap<string, string>): ArchiveImage[] {
  const saved = documentOf(savedSchema, blobs.document('manifest.json', 'manifest.json'), 'manifest.json')
  if (saved.length > mostImages) throw tooComplex('images', mostImages, 'manifest.json')
  const file = (name: string) => {
    const path = entryPath(name)
    if (decidingDocuments.has(path)) throw invalidDocument('manifest.json', `${path} is no part of an image.`)
    return blobs.file(links.get(path) ?? path, 'manifest.json')
  }
  const images = new Map<string, ArchiveImage>()
  for (const { Config, RepoTags, Layers } of saved) {
    const config = file(Config)
    const image = readImage(blobs, config, (Layers ?? []).map(file))
    const known = images.get(config.path) ?? { ...image, names: [], manifest: null }
    images.set(config.path, known)
    addNames(known, RepoTags ?? [])
  }
  for (const [path, target] of links) blobs.file(target, path)
  return [...images.values()]
}

/** Puts the names of manifest.json on the images of a layout: Docker since 25 writes both. */
export function joinNames(images: ArchiveImage[], blobs: FoundBlobs): void {
  for (const saved of readSaved(blobs, new Map())) {
    const same = images.filter(({ configDigest, layers }) => {
      const isSame = layers.every(({ path }, index) => path === saved.layers[index]?.path)
      return configDigest === saved.configDigest && isSame
    })
    if (same.length === 0)
      throw invalidDocument(
        'manifest.json',
        `index.json has no image of the configuration ${saved.configDigest}`,
      )
    for (const image of same) addNames(image, saved.names)
  }
}

function addNames(image: ArchiveImage, names: string[]): void {
  for (const text of names) {
    const name = fullName(text)
    if (name && !image.names.includes(name)) image.names.push(name)
  }
}
