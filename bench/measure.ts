export interface BenchResult {
  title: string
  rows: [label: string, value: string][]
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Milliseconds of each of `rounds` calls, after a warm-up of a tenth. The two are taken in turn, so drift hits both. */
export async function inTurn(
  rounds: number,
  a: () => Promise<unknown>,
  b: () => Promise<unknown>,
): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []]
  const warm = Math.ceil(rounds / 10)
  for (let round = -warm; round < rounds; round++) {
    for (const [index, call] of [a, b].entries()) {
      const began = performance.now()
      await call()
      if (round >= 0) times[index as 0 | 1].push(performance.now() - began)
    }
  }
  return times
}

export const ms = (value: number) => `${value.toFixed(1)} ms`
