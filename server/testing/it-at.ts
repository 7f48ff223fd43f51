import { it } from 'vitest'

type Row = string | readonly unknown[] | { readonly name: string }

/**
 * Makes cases that go to several engines (or through several rows) at once: each engine is a machine of its own, and most of
 * a case is waiting for it. Each is gone through to its end; what failed is told as one error, which begins with where.
 */
export function itAt<Each extends Row>(rows: readonly Each[]) {
  return (name: string, run: (each: Each) => Promise<unknown>, timeout?: number) =>
    it(
      name,
      async () => {
        const outcomes = await Promise.allSettled(rows.map((row) => run(row)))
        const failed = outcomes.flatMap((outcome, index) => {
          if (outcome.status === 'fulfilled') return []
          const { reason } = outcome
          const error = reason instanceof Error ? reason : new Error(String(reason))
          return [{ error, words: `${nameOf(rows[index] as Row)}: ${error.message}` }]
        })
        const [first] = failed
        if (!first) return
        // The first itself, for its stack and its diff.
        first.error.message = failed.map(({ words }) => words).join('\n')
        throw first.error
      },
      timeout,
    )
}

function nameOf(row: Row): string {
  if (typeof row === 'string') return row
  return 'name' in row ? row.name : row.join(' ')
}
