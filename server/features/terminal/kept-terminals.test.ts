import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLog } from '../../log.ts'
import type { Principal } from '../../principal/principal.ts'
import type { Ended } from '../../principal/revocation-of-rights.ts'
import { Publisher } from '../../publisher.ts'
import { createKeptTerminals, KeptTerminal, type KeptTerminals, type Viewer } from './kept-terminals.ts'
import type { TerminalSession } from './session.ts'

const log = createLog('silent')
const where = { hostId: 'h1', containerId: 'c1' }
const ada = { userId: 'ada', sessionId: 's1' } as Principal
let ended: string[]
let staying: boolean
let access: Publisher<never>
let endings: Publisher<Ended>
let kept: KeptTerminals
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  ended = []
  staying = true
  access = new Publisher(log)
  endings = new Publisher(log)
  kept = createKeptTerminals({
    access: { onChanged: access.subscribe },
    onEnded: endings.subscribe,
    mayStay: () => staying,
  })
})
afterEach(() => {
  vi.useRealTimers()
})

const viewer = (shown: string[] = []): Viewer => ({
  data: (bytes) => shown.push(String(bytes)),
  ready: (ready) => shown.push(`ready ${ready}`),
  exit: (code) => shown.push(`exit ${code}`),
  moved: () => shown.push('moved'),
})

function add(name: string, principal = ada, shown: string[] = []): KeptTerminal {
  const terminal = new KeptTerminal(principal, where, 'exec', viewer(shown))
  terminal.session = {
    taken: (bytes) => shown.push(`taken ${bytes}`),
    end: async () => void ended.push(name),
  } as Partial<TerminalSession> as TerminalSession
  kept.add(terminal)
  return terminal
}

it('waits five minutes for its browser, and ends then', () => {
  const terminal = add('one')
  vi.advanceTimersByTime(60 * 60_000)
  expect(ended).toEqual([])
  kept.leave(terminal)
  vi.advanceTimersByTime(299_000)
  expect(ended).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(ended).toEqual(['one'])
  expect(kept.find(terminal.id, ada, where)).toBeUndefined()
})

it('does not end any more when somebody has come back', () => {
  const shown: string[] = []
  const terminal = add('one')
  kept.leave(terminal)
  terminal.data(Buffer.from('meanwhile'))
  vi.advanceTimersByTime(200_000)
  const found = kept.find(terminal.id, ada, where)
  expect(found?.show(viewer(shown), 0)).toEqual({ from: 0, bytes: Buffer.from('meanwhile') })
  vi.advanceTimersByTime(60 * 60_000)
  terminal.data(Buffer.from('now'))
  terminal.exited(3)
  expect([ended, shown]).toEqual([[], ['now', 'exit 3']])
})

it('lets its program go on while nobody looks, whatever the browser that went still owes', () => {
  const shown: string[] = []
  const terminal = add('one', ada, shown)
  kept.leave(terminal)
  terminal.data(Buffer.alloc(7))
  expect(shown).toEqual([`taken ${Number.MAX_SAFE_INTEGER}`, 'taken 7'])
})

it('is found by the sign-in that opened it alone, and in its container alone', () => {
  const { id } = add('one')
  const others = [
    { userId: 'ada', sessionId: 's2' },
    { userId: 'eve', sessionId: 's1' },
  ] as Principal[]
  for (const other of others) expect(kept.find(id, other, where)).toBeUndefined()
  expect(kept.find(id, ada, { ...where, containerId: 'c2' })).toBeUndefined()
  expect(kept.find(id, ada, { ...where, hostId: 'h2' })).toBeUndefined()
  expect(kept.find(id, ada, where)).toBeDefined()
})

it.each([
  ['the sign-in', { sessionId: 's1' }],
  ['everything of the person', { userId: 'ada' }],
  ['their rights, which are others now', { userId: 'ada', changed: true } as const],
])('ends at once with %s, shown or not, and others stay', (_what, what) => {
  const waiting = add('waiting')
  add('shown')
  add('other', { userId: 'eve', sessionId: 's9' } as Principal)
  kept.leave(waiting)
  endings.publish(what)
  expect(ended).toEqual(['waiting', 'shown'])
})

it('ends at once when a change of access leaves it no right', () => {
  kept.leave(add('one'))
  access.publish('rights' as never)
  expect(ended).toEqual([])
  staying = false
  access.publish('rights' as never)
  expect(ended).toEqual(['one'])
})

it('of more than ten of one person the one that has waited longest ends', () => {
  const terminals = Array.from({ length: 12 }, (_, index) => add(`${index}`))
  const other = add('other', { userId: 'eve', sessionId: 's9' } as Principal)
  kept.leave(other)
  for (const terminal of terminals) {
    vi.advanceTimersByTime(10)
    kept.leave(terminal)
  }
  expect(ended).toEqual(['0', '1'])
})

it('all end with the server', () => {
  add('one')
  kept.leave(add('two'))
  kept.stop()
  expect(ended.toSorted()).toEqual(['one', 'two'])
})
