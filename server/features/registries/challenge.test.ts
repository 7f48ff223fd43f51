import { describe, expect, it } from 'vitest'
import { parseChallenges } from './challenge.ts'

describe('WWW-Authenticate', () => {
  it.each([
    ['Basic realm="lab"', [{ scheme: 'basic', parameters: { realm: 'lab' } }]],
    [
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: {
            realm: 'https://auth.example/token',
            service: 'registry.example',
            scope: 'repository:a/b:pull,push',
          },
        },
      ],
    ],
    [
      'BEARER  realm = "x" , Basic realm=y',
      [
        { scheme: 'bearer', parameters: { realm: 'x' } },
        { scheme: 'basic', parameters: { realm: 'y' } },
      ],
    ],
    [
      'Basic realm="a \\"quoted\\", comma"',
      [{ scheme: 'basic', parameters: { realm: 'a "quoted", comma' } }],
    ],
    ['Negotiate', [{ scheme: 'negotiate', parameters: {} }]],
    // The first value of a name counts.
    ['Bearer realm="a",realm="b"', [{ scheme: 'bearer', parameters: { realm: 'a' } }]],
    ['', []],
    ['"', []],
    ['=', []],
    ['Bearer realm="never ends', [{ scheme: 'bearer', parameters: {} }]],
    ['Bearer realm=', [{ scheme: 'bearer', parameters: {} }]],
    [', ,Basic', [{ scheme: 'basic', parameters: {} }]],
    ['\u0000Basic', []],
  ])('%j', (header, expected) => {
    expect(parseChallenges(header)).toEqual(expected)
  })

  it('reads a hostile header of a megabyte at once', () => {
    expect(parseChallenges('a'.repeat(1_000_000)).length).toBe(1)
    expect(parseChallenges('a,'.repeat(500_000)).length).toBeLessThan(5000)
    expect(parseChallenges(`Bearer ${'realm="\\'.repeat(100_000)}`).length).toBe(1)
  })
})
