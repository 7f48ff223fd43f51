import type { Archive, ListedArchive } from '#lib/contracts/archives.ts'

/** An archive as a list shows it. */
export function listed({ contents, found, ...archive }: Archive): ListedArchive {
  const { kind = null, names = [], platforms = [] } = found ?? {}
  if (!contents) return { ...archive, summary: { kind, names, platforms } }
  const all = (values: string[]) => [...new Set(values)].sort()
  return {
    ...archive,
    summary: {
      kind: contents.kind,
      names: all(contents.images.flatMap((image) => image.names)),
      platforms: all(contents.images.map(({ platform }) => platform)),
    },
  }
}
