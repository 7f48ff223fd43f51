import { describe, expect, it } from 'vitest'
import { logLevel, readJsonLine } from './log-line.ts'

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
    expect(readJsonLine(text)).toEqual(expected)
  })
})
