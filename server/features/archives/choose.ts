import type { ArchiveContents, ArchiveImage } from '#lib/contracts/archives.ts'
import { qualifiedReference } from '#lib/images/image-ref.ts'
import { AppError } from '../../errors.ts'
import type { LoadChoice } from './load-stream.ts'

export interface LoadOptions {
  names: 'keep' | 'add' | 'rename'
  references: readonly string[]
  /** A name, or the digest of a configuration. */
  only?: string | undefined
  /** `os/architecture[/variant]` of the host, or what was asked for in its place. */
  platform: string
}

/**
 * Which images of an archive go to a host, and under which names. One name with several platforms is one image here.
 * @throws archive_no_platform, archive_no_such_image, archive_several_images where one name cannot be given to several
 */
export function chooseImages(contents: ArchiveContents, options: LoadOptions): LoadChoice[] {
  const { only } = options
  const wanted =
    only === undefined ? contents.images : contents.images.filter((image) => isMeant(image, only))
  if (wanted.length === 0) throw new AppError('archive_no_such_image', { params: { image: only ?? '' } })
  const groups = Map.groupBy(wanted, ({ names }) => [...names].sort().join(' '))
  const choices = [...groups.values()].flatMap((images) => fitting(images, options.platform))
  if (options.names === 'keep') return choices
  if (choices.length > 1) throw new AppError('archive_several_images', { params: { count: choices.length } })
  const given = options.references.map((text) => {
    const reference = qualifiedReference(text)
    if (!reference || reference.includes('@')) throw new AppError('reference_invalid', { detail: text })
    return reference
  })
  return choices.map(({ image, names }) => ({
    image,
    names: options.names === 'add' ? [...new Set([...names, ...given])] : given,
  }))
}

function isMeant(image: ArchiveImage, only: string): boolean {
  const reference = qualifiedReference(only)
  return image.configDigest === only || image.names.some((name) => qualifiedReference(name) === reference)
}

/** Those for the platform: of a name the best one, of what has no name all. */
function fitting(images: readonly ArchiveImage[], platform: string): LoadChoice[] {
  const ranked = images
    .map((image) => ({ image, rank: rankOf(image.platform, platform) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
  const best = ranked[0]
  if (!best) {
    const have = [...new Set(images.map((image) => image.platform))].join(', ')
    throw new AppError('archive_no_platform', { params: { platform, have } })
  }
  const named = best.image.names.length > 0
  const chosen = named ? [best] : ranked.filter(({ rank }) => rank === best.rank)
  return chosen.map(({ image }) => ({
    image,
    names: image.names.flatMap((name) => qualifiedReference(name) ?? []),
  }))
}

/**
 * 0 where it cannot run. The same variant first; of others the highest that the host may have: arm64 is v8, and a plain
 * `arm` says nothing of itself (OCI image specification, "platform variants").
 */
function rankOf(have: string, wanted: string): number {
  const [os, arch, variant = ''] = have.split('/')
  const [wantedOs, wantedArch, wantedVariant = ''] = wanted.split('/')
  const isUnknown = (word?: string) => word === 'unknown'
  if (!isUnknown(os) && os !== wantedOs) return 0
  if (!isUnknown(arch) && arch !== wantedArch) return 0
  // Nothing says for what it is: better than nothing, as for the engines.
  if (isUnknown(os) || isUnknown(arch)) return 1
  const level = Number(/^v(\d+)$/.exec(variant)?.[1] ?? 0)
  const most = Number(/^v(\d+)$/.exec(wantedVariant)?.[1] ?? 0)
  if (variant === wantedVariant) return 1000
  if (most > 0 && level > most) return 0
  // x86-64-v3 and its like run only on newer processors, of which an engine says nothing.
  return arch === 'amd64' && level > 1 ? 1 : 100 + level
}
