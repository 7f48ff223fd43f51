import type { Archive, ArchiveKind } from '#lib/contracts/archives.ts'

/** Kind, names and platforms: from what was checked, or from what has been seen so far. */
export function summaryOf({ contents, found }: Archive): {
  kind: ArchiveKind | null
  names: string[]
  platforms: string[]
} {
  if (!contents)
    return { kind: found?.kind ?? null, names: found?.names ?? [], platforms: found?.platforms ?? [] }
  const all = (values: string[]) => [...new Set(values)].sort()
  return {
    kind: contents.kind,
    names: all(contents.images.flatMap(({ names }) => names)),
    platforms: all(contents.images.map(({ platform }) => platform)),
  }
}
