export interface Findable {
  /** What is shown first and ranked highest. */
  name: string
  /** Other texts it is found by: an image, a host, an id. */
  also?: string
}

/**
 * The best `limit` of the items for what was typed. Every word must occur; the beginning of the name beats the
 * beginning of a word in it, that beats the middle, and the name beats the rest. Shorter names come first among equals.
 * Where nothing is typed they stay in their order.
 */
export function findBest<T extends Findable>(items: Iterable<T>, typed: string, limit: number): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...items].slice(0, limit)
  const found: { item: T; score: number }[] = []
  for (const item of items) {
    const score = scoreOf(item, words)
    if (score > 0) found.push({ item, score })
  }
  return found
    .sort(
      (a, b) =>
        b.score - a.score ||
        a.item.name.length - b.item.name.length ||
        a.item.name.localeCompare(b.item.name),
    )
    .slice(0, limit)
    .map(({ item }) => item)
}

function scoreOf(item: Findable, words: readonly string[]): number {
  const name = item.name.toLowerCase()
  const also = item.also?.toLowerCase() ?? ''
  let score = 1
  for (const word of words) {
    const at = name.indexOf(word)
    if (at === 0) score += name.length === word.length ? 100 : 50
    else if (at > 0) score += /[\s\-_./:]/.test(name[at - 1] ?? '') ? 30 : 20
    else if (also.includes(word)) score += 5
    else return 0
  }
  return score
}
