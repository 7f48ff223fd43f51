/** Columns that tell of a process, and not what is in its environment. All of them are in every procps since 3.3. */
const columns = new Set(
  [
    'pid ppid pgid pgrp sid sess user euser ruser uid euid ruid group egroup rgroup gid egid rgid',
    'comm ucmd args cmd command fname time cputime etime etimes start lstart start_time stime bsdstart bsdtime',
    'pcpu %cpu c pmem %mem rss rssize rsz vsz vsize sz size stat state s tty tt tname nice ni pri psr',
    'nlwp thcount lwp spid tid wchan cls class policy rtprio f flags label',
  ].flatMap((line) => line.split(' ')),
)

/**
 * Selections and formats that go together, in BSD's style and in UNIX's: what ps does not accept in the second it reads
 * again in the first, where any `e` is the environment (`-aux` with nobody called x).
 */
const bsd = /^[auxflj]{1,4}w{0,2}$/
const unix = /^-(?:[Aaed]|[Aed]?(?:f|F|l|ly|j|H|fH|jH|L|Lf))w{0,2}$/
const selection = /^-[Aaed]$/

/**
 * Whether arguments of ps may print environments: all but a list of known ones. ps takes many styles, and gives `axe`,
 * `e1` (with a process's number) and `-o environ` the same meaning.
 */
export function showsEnvironment(args: string): boolean {
  const words = args.split(/\s+/).filter((word) => word !== '')
  const [first = ''] = words
  if (words.length === 0 || (words.length === 1 && (bsd.test(first) || unix.test(first)))) return false
  let hasColumns = false
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string
    const list = /^(?:-[Aaed]?o|o)$/.test(word) ? (words[++index] ?? '') : /^--sort=(.+)$/.exec(word)?.[1]
    if (list === undefined && index === 0 && selection.test(word)) continue
    if (list === undefined || !areColumns(list)) return true
    hasColumns ||= !word.startsWith('--')
  }
  return !hasColumns
}

const areColumns = (list: string) =>
  list.split(',').every((column) => columns.has(column.replace(/^[+-]|=$/g, '')))

/** What Podman tells of processes itself (containers/psgo): while all are of these, no ps is run. */
const descriptors = new Set(
  [
    'args comm etime group nice pcpu pgid pid ppid rgroup ruser state time tty user vsz',
    'capbnd capeff capinh capprm hgroup hpid huser label seccomp',
  ].flatMap((line) => line.split(' ')),
)

/**
 * As `showsEnvironment`, of Podman's own API: it takes descriptors, each by itself or with commas between, and else runs ps. Podman 4
 * then goes by the last of several values; 5 takes one apart at commas, so that `-o pid,sess` becomes `ps '-o pid' sess`, BSD's.
 */
export function podmanShowsEnvironment(values: readonly string[]): boolean {
  const words = values.flatMap((value) => value.split(/[\s,]+/)).filter((word) => word !== '')
  if (words.every((word) => descriptors.has(word))) return false
  const [only = ''] = values
  return values.length > 1 || only.includes(',') || showsEnvironment(only)
}
