import { describe, expect, it } from 'vitest'
import { hideBuildValues, hideEnvironment } from './redact.ts'

describe('what a document shows of an environment', () => {
  it('is the names alone', () => {
    const document = {
      Config: { Env: ['PASSWORD=hunter2', 'EMPTY=', 'BARE', 'A=b=c'], Cmd: ['x'] },
      ContainerConfig: { Env: ['PASSWORD=hunter2'] },
    }
    hideEnvironment(document)
    expect(document).toEqual({
      Config: { Env: ['PASSWORD=', 'EMPTY=', 'BARE=', 'A='], Cmd: ['x'] },
      ContainerConfig: { Env: ['PASSWORD='] },
    })
  })

  it.each([{}, { Config: null }, { Config: {} }, { Config: { Env: null } }])('bears %j', (document) => {
    expect(() => hideEnvironment(document)).not.toThrow()
  })
})

it.each([
  ['ENV PASSWORD=hunter2 PATH=/bin', 'ENV PASSWORD= PATH='],
  ['/bin/sh -c #(nop)  ENV PASSWORD=hunter2', '/bin/sh -c #(nop)  ENV PASSWORD='],
  ['ENV NOTE="two words" B=\'c d\'', 'ENV NOTE= B='],
  ['|2 TOKEN=abc USER=ada /bin/sh -c make', '|2 TOKEN= USER= /bin/sh -c make'],
  ['RUN make PREFIX=/usr', 'RUN make PREFIX=/usr'],
  ['COPY www /www', 'COPY www /www'],
])('%j is shown as %j', (step, expected) => {
  expect(hideBuildValues(step)).toBe(expected)
})
