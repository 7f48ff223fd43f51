/**
 * Where to go after the sign-in, from `?next=`. Only a path of ours: '//evil' and '/\evil' are other hosts to a browser,
 * and it drops tabs and line ends before it looks.
 */
export function nextPath(next: string | null): string {
  if (!next) return '/'
  const plain = !next.includes('\\') && ![...next].some((character) => character < ' ')
  return plain && next.startsWith('/') && !next.startsWith('//') ? next : '/'
}
