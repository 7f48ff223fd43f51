import { expect, it } from 'vitest'
import type { AuditEntry } from '#lib/contracts/audit.ts'
import { canonical, genesis, hashOf } from '../chain.ts'
import { framed, machineName, syslogLine } from './syslog.ts'

const entry: AuditEntry = {
  sequence: 7,
  kind: 'intent',
  intent: null,
  at: '2026-01-01T00:00:00.123Z',
  actorId: 'u1',
  actorName: 'Ada',
  actorEmail: 'ada@example.com',
  signIn: 'session',
  signInId: 's1',
  address: '10.0.0.7',
  hostId: null,
  objectId: null,
  action: 'containers.stop',
  decision: 'allowed',
  outcome: null,
  errorCode: null,
  requestId: 'r',
  taskId: null,
  summary: 'web-1',
  previousHash: genesis,
  hash: '',
}

it('is the header of RFC 5424 with the entry as JSON', () => {
  const line = syslogLine(entry, 'ops')
  expect(line).toMatch(
    /^<110>1 2026-01-01T00:00:00\.123Z ops roadstead - intent \[meta sequenceId="7"\] \{"sequence":7,/,
  )
  expect(JSON.parse(line.slice(line.indexOf('] ') + 2))).toEqual(entry)
  expect(syslogLine({ ...entry, decision: 'denied' }, 'ops')).toMatch(/^<108>1 /)
})

// RFC 5424 §7.3.1.
it.each([
  [1, '1'],
  [2_147_483_647, '2147483647'],
  [2_147_483_648, '1'],
])('sequence %i is sequenceId %s', (sequence, id) => {
  expect(syslogLine({ ...entry, sequence }, 'ops')).toContain(`[meta sequenceId="${id}"]`)
})

const hostile = [
  ['a line break', 'a\nb'],
  ['a carriage return', 'a\r\nb'],
  ['a forged message', 'x\n<110>1 2026-01-01T00:00:00Z ops roadstead - event - {}'],
  ['a forged frame', 'x\n5 <1>1 '],
  ['an escape sequence', '\u001b[31mred\u001b]0;title\u0007'],
  ['C1 control characters', '\u009b31m\u0085'],
  ['NUL and DEL', 'a\0b\u007f'],
  ['line and paragraph separators', 'a\u2028b\u2029c'],
  ['right-to-left marks', '\u202eabc\u202c'],
  ['structured data', '"] [meta sequenceId="9"] \\'],
  ['no ASCII', 'Ünïcode 網 🙂'],
  ['half a surrogate pair', 'a\ud83d'],
  ['a byte order mark', '\ufeffa'],
]
it.each(hostile)('%s in any field stays one line of printable ASCII', (_, text) => {
  const full = { ...entry, summary: text, actorName: text, actorEmail: text, objectId: text, action: text }
  const line = syslogLine({ ...full, hash: hashOf(full) }, machineName(`o${text}`))
  expect(line).toMatch(/^[\x20-\x7e]+$/)
  // What comes out at the other end is the entry, and its hash is still right.
  const read = JSON.parse(line.slice(line.indexOf('"] {') + 3)) as AuditEntry
  expect(canonical(read)).toBe(canonical(full))
  expect(hashOf(read)).toBe(read.hash)
  expect(framed(line)).toBe(`${line.length} ${line}`)
})

it.each([
  ['web-1.example', 'web-1.example'],
  ['', '-'],
  ['a b\nc', 'abc'],
  ['ü', '-'],
  ['x'.repeat(300), 'x'.repeat(255)],
])('the machine %j is %s', (name, expected) => {
  expect(machineName(name)).toBe(expected)
})
