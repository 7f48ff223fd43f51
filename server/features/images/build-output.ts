import type { BuildOutputFrame, BuildStep } from '#lib/contracts/image-build.ts'

/** Characters kept of each step, and steps kept: in memory, gone with the server. */
const keptCharacters = 256 * 1024
const keptSteps = 100
/** Steps of one build that are listed. */
const listedSteps = 500

interface Output {
  /** The end of what was said. */
  text: string
  /** Characters said in all. */
  total: number
  ended: boolean
  /** By number, with the count of changes at which each became what it is. */
  steps: Map<number, { step: BuildStep; change: number }>
  changes: number
  wake: Set<() => void>
}

export interface BuildOutputs {
  /** A step begins, maybe anew. */
  begin(key: string): { say(text: string): void; step(step: BuildStep): void; end(): void }
  /** What is kept, then what comes, until the step ends or the reader leaves. A slow reader misses the oldest. */
  read(key: string, signal: AbortSignal): AsyncGenerator<BuildOutputFrame>
}

/** What builders say, for who looks on while they run or afterwards. */
export function createBuildOutputs(): BuildOutputs {
  const outputs = new Map<string, Output>()
  const wakeAll = ({ wake }: Output) => {
    for (const go of Array.from(wake)) go()
  }
  return {
    begin(key) {
      const before = outputs.get(key)
      if (before) {
        before.ended = true
        wakeAll(before)
      }
      outputs.delete(key)
      for (const [oldest, { ended }] of outputs) {
        if (outputs.size < keptSteps) break
        if (ended) outputs.delete(oldest)
      }
      const output: Output = {
        text: '',
        total: 0,
        ended: false,
        steps: new Map(),
        changes: 0,
        wake: new Set(),
      }
      outputs.set(key, output)
      return {
        say(text) {
          output.total += text.length
          output.text += text
          // Cut now and then, at a line: each cut copies all that is kept.
          if (output.text.length > 2 * keptCharacters) {
            const from = output.text.length - keptCharacters
            const line = output.text.indexOf('\n', from)
            output.text = output.text.slice(line < 0 ? from : line + 1)
          }
          wakeAll(output)
        },
        step(step) {
          if (!output.steps.has(step.number) && output.steps.size >= listedSteps) return
          output.steps.set(step.number, { step, change: ++output.changes })
          wakeAll(output)
        },
        end() {
          output.ended = true
          wakeAll(output)
        },
      }
    },
    async *read(key, signal) {
      const output = outputs.get(key)
      if (!output) {
        yield { type: 'none' }
        return
      }
      let seen = 0
      for (let at = 0; !signal.aborted; ) {
        const news = [...output.steps.values()].filter(({ change }) => change > seen)
        seen = output.changes
        for (const { step } of news) yield { type: 'step', step }
        const first = output.total - output.text.length
        if (at < first) {
          yield { type: 'cut', bytes: first - at }
          at = first
        } else if (at < output.total) {
          const text = output.text.slice(at - first)
          at = output.total
          yield { type: 'text', text }
        } else if (seen < output.changes) continue
        else if (output.ended) return
        else await change(output, signal)
      }
    },
  }
}

function change({ wake }: Output, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      wake.delete(go)
      signal.removeEventListener('abort', go)
      resolve()
    }
    wake.add(go)
    signal.addEventListener('abort', go)
  })
}
