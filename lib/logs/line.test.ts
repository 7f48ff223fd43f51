import { describe, expect, it } from 'vitest'
import { lineLevel, logLevel, readStructuredLine } from './line.ts'

describe('the level of a line', () => {
  it.each([
    ['ERROR something broke', 'error'],
    ['error: something broke', 'error'],
    ['2026-11-21 10:00:00,123 WARN  [main] x', 'warn'],
    ['2026-11-21T10:00:00Z [info] started', 'info'],
    ['time="2026-11-21T10:00:00Z" level=warning msg="x"', 'warn'],
    ['level="debug" x', 'debug'],
    ['[ERR] x', 'error'],
    ['warning: low tide', 'warn'],
    ['12:00 | DEBUG | x', 'debug'],
    ['INFO:     Started server process', 'info'],
    // PostgreSQL names its time zone and process before it.
    ['2026-11-30 07:00:00.000 UTC [1] ERROR:  relation does not exist', 'error'],
    ['2026/11/30 07:00:00 [error] 29#29: *1 open() failed', 'error'],
    ['E1130 07:19:13.120001       1 controller.go:114] sync failed', 'error'],
    ['W1130 07:19:13.120001       1 controller.go:114] slow', 'warn'],
    ['I30 is a road', null],
    ['the word error in a sentence', null],
    ['no errors found', null],
    ['line 5: all is well', null],
    ['GET /error 200', null],
    ['[main] hello', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(logLevel(text)).toBe(expected)
  })

  it('is looked for at the beginning only', () => {
    expect(logLevel(`${'x'.repeat(100_000)} ERROR`)).toBeNull()
  })
})

describe('a JSON line', () => {
  it.each([
    [
      '{"time":"2026","level":"error","msg":"it broke","code":5,"who":{"a":1}}',
      {
        level: 'error',
        message: 'it broke',
        fields: [
          ['code', '5'],
          ['who', '{"a":1}'],
        ],
      },
    ],
    ['{"level":30,"msg":"pino","pid":1}', { level: 'info', message: 'pino', fields: [['pid', '1']] }],
    [' {"severity":"WARNING","message":"gcp"} ', { level: 'warn', message: 'gcp', fields: [] }],
    ['{"x":null}', { level: null, message: '', fields: [['x', 'null']] }],
    ['{}', { level: null, message: '', fields: [] }],
    ['{"level":{"a":1}}', { level: null, message: '', fields: [] }],
    ['{"__proto__":"x"}', { level: null, message: '', fields: [['__proto__', 'x']] }],
    ['[1,2]', null],
    ['{not json}', null],
    ['plain', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(readStructuredLine(text)).toEqual(expected)
  })
})

describe('a logfmt line', () => {
  it.each([
    [
      'time="2026-11-30T07:00:00Z" level=warning msg="disk is \\"full\\"" free=12MB path=/var/lib empty=',
      {
        level: 'warn',
        message: 'disk is "full"',
        fields: [
          ['free', '12MB'],
          ['path', '/var/lib'],
          ['empty', ''],
        ],
      },
    ],
    [
      '\u001b[36mstatus\u001b[0m=200 took=5ms',
      {
        level: null,
        message: '',
        fields: [
          ['status', '200'],
          ['took', '5ms'],
        ],
      },
    ],
    ['a=1', null],
    ['x=1 and y=2', null],
    ['GET /?a=b c=d', null],
    ['level=info msg="not closed', null],
    ['=1 =2', null],
  ])('%j', (text, expected) => {
    expect(readStructuredLine(text)).toEqual(expected)
  })

  it('is read in time however it is made', () => {
    const began = performance.now()
    for (const text of [
      `a=${'"'.repeat(100_000)}`,
      `${'a=1 '.repeat(4000)}!`,
      `a="${'\\'.repeat(16_000)}`,
      `${'a'.repeat(100_000)}=`,
    ])
      readStructuredLine(text)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

it.each([
  ['{"s":"W","c":"NETWORK","msg":"slow"}', 'warn'],
  ['{"s":"yes","level":"info"}', 'info'],
  ['{"size":1,"s":"other"}', null],
  ['level=error msg=x', 'error'],
  ['\u001b[31mERROR\u001b[0m x', 'error'],
])('the level of %j', (text, expected) => {
  expect(lineLevel(text)).toBe(expected)
})
