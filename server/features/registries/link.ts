const token = String.raw`[\w!#$%&'*+.^|~\x60-]+`
const links = new RegExp(
  String.raw`<([^<>]*)>((?:\s*;\s*${token}\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)`,
  'g',
)
const parameter = new RegExp(String.raw`;\s*(${token})\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?`, 'g')

/** The target of the link with the relation `next` in a Link header (RFC 8288 §3), as given; null without one. */
export function nextLink(header: string | string[] | undefined): string | null {
  for (const [, target = '', parameters = ''] of [header ?? ''].flat().join(', ').matchAll(links)) {
    // Of several only the first counts (§3.3).
    const relation = [...parameters.matchAll(parameter)].find(([, name]) => name?.toLowerCase() === 'rel')
    const [, , quoted, bare] = relation ?? []
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes('next')) return target
  }
  return null
}

/**
 * What to ask the next page of a list with: the name after which it begins, where the link says no more, or its whole query, with
 * a question mark before it (Quay's `next_page`). Only the query is followed, at the registry's own origin: behind a proxy
 * a link may name another.
 */
export function pageAfter(header: string | string[] | undefined, asked: URL): string | null {
  const target = nextLink(header)
  if (target === null || !URL.canParse(target, asked)) return null
  const { searchParams, search } = new URL(target, asked)
  const last = searchParams.get('last')
  const isPlain = [...searchParams.keys()].every((name) => name === 'last' || name === 'n')
  return (isPlain ? last : search) || null
}
