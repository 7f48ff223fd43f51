import type { ArchiveImage } from '#lib/contracts/archives.ts'
import { documentOf, fullName, invalidDocument, savedSchema, tooComplex } from './documents.ts'
import { decidingDocuments, entryPath } from './entries.ts'
import { type FoundBlobs, readImage } from './oci-layout.ts'

const mostImages = 1000

/** The images that manifest.json of `docker save` names. Layers that are links come back as the file they lead to. */
export function readSaved(blobs: FoundBlobs): ArchiveImage[] {
  const saved = documentOf(savedSchema, blobs.document('manifest.json', 'manifest.json'), 'manifest.json')
  if (saved.length > mostImages) throw tooComplex('images', mostImages, 'manifest.json')
  const file = (name: string) => {
    const path = entryPath(name)
    if (decidingDocuments.has(path)) throw invalidDocument('manifest.json', `${path} is no part of an image.`)
    return blobs.file(path, 'manifest.json')
  }
  const images = new Map<string, ArchiveImage>()
  for (const { Config, RepoTags, Layers } of saved) {
    const config = file(Config)
    const image = readImage(blobs, config, (Layers ?? []).map(file))
    const known = images.get(config.path) ?? { ...image, names: [], manifest: null }
    images.set(config.path, known)
    addNames(known, RepoTags ?? [])
  }
  return [...images.values()]
}

/**
 * The images of a layout and of a manifest.json beside it: Docker since 25 writes both, for the same images. One that
 * only manifest.json has is an image too. Throws archive_document_invalid for one name with two images: which of them is
 * loaded would depend on the reader.
 */
export function joinSaved(images: readonly ArchiveImage[], blobs: FoundBlobs): ArchiveImage[] {
  const more: ArchiveImage[] = []
  for (const saved of readSaved(blobs)) {
    // The same configuration is the same image: it names its layers by what they unpack to, and each was compared.
    const same = images.filter(({ configDigest }) => configDigest === saved.configDigest)
    for (const image of same) addNames(image, saved.names)
    if (same.length > 0) continue
    const rival = images.find(
      ({ names, platform }) =>
        platform === saved.platform && names.some((name) => saved.names.includes(name)),
    )
    if (rival)
      throw invalidDocument(
        'manifest.json',
        `index.json has another image of the name ${rival.names.join(', ')}`,
      )
    more.push(saved)
  }
  return [...images, ...more]
}

function addNames(image: ArchiveImage, names: string[]): void {
  for (const text of names) {
    const name = fullName(text)
    if (name && !image.names.includes(name)) image.names.push(name)
  }
}
