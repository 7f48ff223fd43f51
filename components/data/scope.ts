import type { Host } from '#lib/contracts/hosts.ts'

/** Which hosts every page is about. In the URL: absent, `tag:prod`, or host ids with commas. */
export type Scope =
  | { kind: 'all' }
  | { kind: 'tag'; tag: string }
  | { kind: 'hosts'; hostIds: readonly string[] }

export const everything: Scope = { kind: 'all' }

/** Reads `?scope=`. What is not understood is all hosts: a mangled link must still open. */
export function parseScope(text: string | null): Scope {
  if (!text) return everything
  if (text.startsWith('tag:')) return text.length > 4 ? { kind: 'tag', tag: text.slice(4) } : everything
  const hostIds = text.split(',').filter((id) => /^h[0-9a-z]{12}$/.test(id))
  return hostIds.length > 0 ? { kind: 'hosts', hostIds } : everything
}

/** The value of `?scope=`, null for all hosts. */
export function formatScope(scope: Scope): string | null {
  if (scope.kind === 'tag') return `tag:${scope.tag}`
  if (scope.kind === 'hosts' && scope.hostIds.length > 0) return scope.hostIds.join(',')
  return null
}

export function inScope(scope: Scope, host: Host): boolean {
  if (scope.kind === 'all') return true
  return scope.kind === 'tag' ? host.tags.includes(scope.tag) : scope.hostIds.includes(host.id)
}
