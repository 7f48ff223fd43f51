import { expect, it } from 'vitest'
import type { BuildStep } from '#lib/contracts/image-build.ts'
import { BuildProgress } from './progress.ts'
import { type FieldValue, writeMessage } from './protobuf.ts'

type Fields = readonly (readonly [number: number, value: FieldValue])[]
const time = (seconds: number, nanos = 0) =>
  writeMessage([
    [1, seconds],
    [2, nanos],
  ])
const vertex = (fields: Fields) => writeMessage([[1, writeMessage(fields)]])
const log = (digest: string, text: string) =>
  writeMessage([
    [
      3,
      writeMessage([
        [1, digest],
        [3, 1],
        [4, text],
      ]),
    ],
  ])

function told() {
  let output = ''
  const steps: BuildStep[] = []
  const progress = new BuildProgress(
    (text) => (output += text),
    (step) => steps.push(step),
  )
  return { progress, steps, output: () => output }
}

it('tells steps as they begin and end, with what each says', () => {
  const { progress, steps, output } = told()
  progress.take(
    vertex([
      [1, 'a'],
      [3, '[1/3] FROM x'],
      [4, 1],
      [5, time(10)],
      [6, time(10)],
    ]),
  )
  progress.take(
    vertex([
      [1, 'b'],
      [3, '[2/3] RUN make'],
    ]),
  )
  progress.take(
    vertex([
      [1, 'b'],
      [3, '[2/3] RUN make'],
      [5, time(10)],
    ]),
  )
  progress.take(log('b', 'one\ntwo'))
  progress.take(log('b', ' goes on\n'))
  progress.take(
    vertex([
      [1, 'b'],
      [3, '[2/3] RUN make'],
      [5, time(10)],
      [6, time(12, 500_000_000)],
    ]),
  )
  progress.take(
    vertex([
      [1, 'c'],
      [3, '[3/3] RUN false'],
      [5, time(13)],
      [6, time(14)],
      [7, 'exit code: 1'],
    ]),
  )
  expect(steps).toEqual([
    { number: 1, name: '[1/3] FROM x', state: 'cached', ms: 0 },
    { number: 2, name: '[2/3] RUN make', state: 'running', ms: null },
    { number: 2, name: '[2/3] RUN make', state: 'done', ms: 2500 },
    { number: 3, name: '[3/3] RUN false', state: 'failed', ms: 1000 },
  ])
  expect(output()).toBe(`#1 [1/3] FROM x
#1 CACHED
#2 [2/3] RUN make
#2 one
#2 two goes on
#2 DONE 2.5s
#3 [3/3] RUN false
#3 ERROR: exit code: 1
`)
  expect(progress).toMatchObject({ failed: '[3/3] RUN false', said: 'one\ntwo goes on\n' })
})

it('tells a warning, and words of a step that it was not told of', () => {
  const { progress, output } = told()
  progress.take(log('unknown', 'words\n'))
  progress.take(
    writeMessage([
      [
        4,
        writeMessage([
          [1, 'a'],
          [3, 'a lint'],
        ]),
      ],
    ]),
  )
  expect(output()).toBe('words\nWARNING: a lint\n')
})
