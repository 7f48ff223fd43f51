import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import type { ExecRequest } from '../../engine/exec.ts'
import type { EngineClient } from '../../engine/types.ts'
import { readExec } from './read-exec.ts'

/**
 * An engine that loses what an exec has said as often as it is told, which a real Podman does now and then and never when
 * it is waited for. Scripts are answered by what follows their first `echo`, and by the end that was asked for.
 */
function losingEngine(losses: number, exitCode = 0) {
  const asked: string[] = []
  const engine = {
    async create(_id: string, { command }: ExecRequest) {
      asked.push(command[2] ?? '')
      return String(asked.length)
    },
    async start(execId: string) {
      const lines = (asked[Number(execId) - 1] ?? '').split('\n').map((line) => line.replace(/^echo /, ''))
      const text = Number(execId) <= losses ? '' : `${lines.join('\n')}\n`
      const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length])
      return new Duplex({
        read() {
          if (text) this.push(Buffer.concat([head, Buffer.from(text)]))
          this.push(null)
        },
        write: (_chunk, _encoding, done) => done(),
      })
    },
    state: async () => ({ running: false, exitCode }),
  }
  return { asked, engine: { execs: engine } as unknown as EngineClient }
}
const command = ['/bin/sh', '-c', 'echo said']

it.each([0, 1, 4])(
  'asks again for what the engine lost %i times, and gives it without the mark',
  async (losses) => {
    const { engine, asked } = losingEngine(losses)
    expect(await readExec(engine, 'c', { command })).toBe('said\n')
    expect(asked).toHaveLength(losses + 1)
  },
)

it('gives up with a word of its own, never with nothing for an answer', async () => {
  const { engine, asked } = losingEngine(100)
  await expect(readExec(engine, 'c', { command })).rejects.toMatchObject({ code: 'engine_answer_invalid' })
  expect(asked).toHaveLength(5)
})

it('does not ask again where there is no shell', async () => {
  const { engine, asked } = losingEngine(100, 127)
  await expect(readExec(engine, 'c', { command })).rejects.toMatchObject({ code: 'engine_answer_invalid' })
  expect(asked).toHaveLength(1)
})
