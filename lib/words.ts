/** Whether every word of the filter is somewhere in the texts, in any case. An empty filter matches all. */
export function matchesWords(filter: string, texts: readonly (string | null | undefined)[]): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return true
  const text = texts.filter(Boolean).join('\n').toLowerCase()
  return words.every((word) => text.includes(word))
}
