/** What an exit code means, as a key of the catalogue's `containers.exit.*`; null when only the program knows. */
export type ExitMeaning =
  | 'success'
  | 'error'
  | 'notExecutable'
  | 'notFound'
  | 'runtime'
  | 'killed'
  | 'segfault'
  | 'terminated'
  | 'signal'

/** Conventions of shells and of the container runtimes: 125 is the runtime's own, 128+n is signal n. */
export function explainExitCode(code: number): { meaning: ExitMeaning | null; signal: number | null } {
  const signal = code > 128 && code < 160 ? code - 128 : null
  const known: Record<number, ExitMeaning> = {
    0: 'success',
    1: 'error',
    125: 'runtime',
    126: 'notExecutable',
    127: 'notFound',
    137: 'killed',
    139: 'segfault',
    143: 'terminated',
  }
  return { meaning: known[code] ?? (signal === null ? null : 'signal'), signal }
}
