import { globSync, readFileSync } from 'node:fs'
import { createTranslator } from 'use-intl'
import { expect, it } from 'vitest'
import { auditEvents, isAuditAction } from '#lib/audit-actions.ts'
import type { AuditRecord } from '#lib/contracts/audit.ts'
import { en } from '#lib/messages/en/index.ts'
import { permissions } from '#lib/permissions.ts'
import { type AuditNames, sentenceOf } from './sentence.ts'
import { momentOf } from './use-audit.ts'

const t = createTranslator({ locale: 'en', messages: en, namespace: 'audit' })
const names: AuditNames = {
  host: (id) => (id === 'h1' ? 'docker-1' : id),
  object: (_, id) => (id === 'c1' ? 'web-1' : null),
  known: (id) => ({ Fki9aaaaaa: 'Eve', rnj2qw0s5t68e: 'Operators' })[id] ?? null,
}
const said = (change: Partial<AuditRecord>) =>
  sentenceOf(
    {
      actorName: 'Ada',
      hostId: null,
      objectId: null,
      decision: 'allowed',
      outcome: 'succeeded',
      summary: '',
      result: null,
      ...change,
    } as AuditRecord,
    names,
    t as never,
  )

it.each([
  [
    { action: 'containers.restart', hostId: 'h1', objectId: 'c1', summary: 'web-1' },
    'Ada restarted web-1 on docker-1',
  ],
  [
    { action: 'containers.stop', hostId: 'h1', summary: 'db', outcome: 'failed' },
    'Ada tried to stop db on docker-1',
  ],
  [
    { action: 'containers.kill', hostId: 'h1', summary: 'db', decision: 'denied' },
    'Ada was not allowed to kill db on docker-1',
  ],
  [
    {
      action: 'containers.stop',
      hostId: 'h1',
      objectId: 'c1',
      summary: 'engine API: POST /containers/c1/stop',
    },
    'Ada stopped web-1 on docker-1, by the engine API',
  ],
  [
    { action: 'users.edit', summary: 'role rnj2qw0s5t68e, effect allow, userId Fki9aaaaaa' },
    'Ada changed users or grants: role Operators, effect allow, userId Eve',
  ],
  [{ action: 'account.signIn' }, 'Ada signed in'],
  [{ action: 'server.started', actorName: null }, 'Roadstead started'],
  [
    { action: 'containers.create', hostId: 'h1', summary: 'x', outcome: null },
    'Ada began to create x on docker-1',
  ],
  [{ action: 'what.ever', summary: 'x' }, 'Ada did what.ever: x'],
] as [Partial<AuditRecord>, string][])('%j', (record, expected) => {
  expect(said(record)).toBe(expected)
})

it('has words for every act and event that the server records', () => {
  for (const action of [...permissions, ...auditEvents])
    expect(said({ action }), action).not.toMatch(/audit\.|did /)
  const sources = globSync('server/**/*.ts').filter(
    (path) => !path.includes('.test.') && !path.includes('testing'),
  )
  const recorded = sources.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\b(?:event|action): '([a-z][A-Za-z]*\.[A-Za-z.]+)'/g)].map(
      ([, name]) => name,
    ),
  )
  expect(recorded.length).toBeGreaterThan(30)
  expect(recorded.filter((name) => !isAuditAction(name ?? ''))).toEqual([])
})

it('times of day are read as minutes, and days as whole ones', () => {
  const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).toISOString()
  expect(momentOf('2026-11-29T22:05', 'from')).toEqual({ from: at(2026, 10, 29, 22, 5) })
  expect(momentOf('2026-11-29T22:05', 'to')).toEqual({ to: at(2026, 10, 29, 22, 6) })
  expect(momentOf('2026-11-29', 'to')).toEqual({ to: at(2026, 10, 30) })
  expect(momentOf('yesterday', 'from')).toEqual({})
})
