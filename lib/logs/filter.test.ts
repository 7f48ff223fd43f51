import { describe, expect, it } from 'vitest'
import { LineFilter, type LogFilter } from './filter.ts'
import { compileLogPattern, longestMatched } from './pattern.ts'

const kept = (filter: Partial<LogFilter>, lines: readonly string[]) => {
  const whole: LogFilter = { keep: '', mode: 'text', level: null, ...filter }
  const pattern = compileLogPattern(whole.keep)
  const judge = new LineFilter(whole, pattern.ok ? pattern.test : null)
  return lines.filter((line) => judge.matches(0, line))
}

describe('lines that are kept', () => {
  const lines = ['INFO Started', 'ERROR it broke', '  at main.ts:1', 'Caused by: disk', 'DEBUG x', 'plain']
  it.each([
    [{ keep: 'STARTED' }, ['INFO Started']],
    [
      { keep: 'r', mode: 'notText' },
      ['  at main.ts:1', 'Caused by: disk', 'DEBUG x', 'plain'].filter((l) => !/r/i.test(l)),
    ],
    [{ keep: '^[A-Z]+ [a-z]', mode: 'regex' }, ['ERROR it broke', 'DEBUG x']],
    [{ keep: 'started', mode: 'regex' }, []],
    [{ keep: '(?i)started|^plain$', mode: 'regex' }, ['INFO Started', 'plain']],
    [{ keep: '[A-Z]', mode: 'notRegex' }, ['  at main.ts:1', 'plain']],
    // A stack trace is of its line's level; what follows without a level is of none.
    [{ level: 'error' }, ['ERROR it broke', '  at main.ts:1', 'Caused by: disk']],
    [{ level: 'info' }, ['INFO Started', 'ERROR it broke', '  at main.ts:1', 'Caused by: disk']],
    [{ level: 'debug', keep: 'x' }, ['DEBUG x']],
    [{ keep: '\u001b' }, []],
  ] as [Partial<LogFilter>, string[]][])('%j', (filter, expected) => {
    expect(kept(filter, lines)).toEqual(expected)
  })

  it('have their text found whatever its colours', () => {
    expect(kept({ keep: 'it broke' }, ['it \u001b[31mbroke\u001b[0m'])).toHaveLength(1)
  })
})

describe('a regular expression', () => {
  it.each(['(', '[a', '(?=a)b', '(a)\\1', 'a'.repeat(201), '((a{100}){100}){100}', '(a?){999}b'])(
    'that is none or too large is refused: %j',
    (text) => {
      expect(compileLogPattern(text)).toMatchObject({ ok: false, reason: expect.stringMatching(/./) })
    },
  )

  it.each(['(a+)+$', '(a|aa)*[bc]$', '(.*)(.*)(.*)(.*)[^a]$', '(a?){200}[bc]', '([a-z]+)*[0-9]'])(
    'takes no time that grows with anything but the line: %s',
    (text) => {
      const pattern = compileLogPattern(text)
      const began = performance.now()
      if (!pattern.ok) throw new Error(pattern.reason)
      for (let line = 0; line < 10; line++) pattern.test(`${'a'.repeat(50_000)}!`)
      expect(performance.now() - began).toBeLessThan(2000)
    },
  )

  it('looks at the beginning of a line that is very long', () => {
    const pattern = compileLogPattern('b')
    expect(pattern.ok && pattern.test(`${'a'.repeat(longestMatched - 1)}b`)).toBe(true)
    expect(pattern.ok && pattern.test(`${'a'.repeat(longestMatched)}b`)).toBe(false)
  })
})
