import { randomUUID } from 'node:crypto'
import { Agent } from 'node:https'
import { connect } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ApiToken } from '#lib/contracts/account.ts'
import type { MadeCertificate } from '#lib/contracts/engine-addresses.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Permission } from '#lib/permissions.ts'
import { certificateFor, everything, list, startAddresses } from '../testing/engine-addresses.ts'
import { join } from '../testing/people.ts'

const reading: Permission[] = ['gateway.use', 'hosts.view', 'containers.view', 'containers.logs']
let lab: Awaited<ReturnType<typeof startAddresses>>
beforeAll(async () => {
  lab = await startAddresses()
})
afterAll(() => lab?.close())
beforeEach(() => {
  lab.engine.recorded.length = 0
})

describe('what may be done', () => {
  it('is what the certificate was made for', async () => {
    const narrow = await certificateFor(lab.test.call, lab.one, reading)
    const refused = await lab.ask('/v1.30/containers/zz/stop', { with: narrow, method: 'POST' })
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      403,
      { message: expect.stringContaining('containers.stop') },
    ])
    expect(lab.reached()).toEqual([])
  })

  it('is no more than its owner may, who alone can make it, signed in', async () => {
    const otto = await join(lab.test, `viewer-${randomUUID()}`, 'viewer')
    const body = { name: 'x', permissions: everything, hours: 1 }
    expect((await otto.call('POST', `/api/account/certificates/${lab.one.id}`, body)).status).toBe(403)
    const byToken = await lab.test.call('POST', `/api/account/certificates/${lab.one.id}`, body, {
      ...lab.bearer,
      cookie: '',
    })
    expect(byToken.status).toBe(403)
    const narrow = { ...body, permissions: reading }
    expect((await lab.test.call('POST', '/api/account/certificates/h000000000000', narrow)).status).toBe(404)
  })

  it('is in the audit log: making, ending and doing, with no key', async () => {
    const made = await certificateFor(lab.test.call, lab.one)
    await lab.ask('/v1.30/containers/zz/start', { with: made, method: 'POST' })
    await lab.test.call('DELETE', `/api/account/tokens/${made.id}`)
    const { json } = await lab.test.call('GET', '/api/audit')
    const text = JSON.stringify(json)
    for (const words of ['account.certificateMade', 'account.tokenEnded', made.id, 'containers/zz/start'])
      expect(text).toContain(words)
    expect(text).not.toContain('PRIVATE KEY')
    expect(text).toContain(`"signInId":"${made.id}"`)
  })

  it('is kept without the private key, and the authority’s is sealed', async () => {
    const { db } = lab.test.app
    const kept = JSON.stringify([
      await db.selectFrom('tokens').selectAll().execute(),
      await db.selectFrom('settings').selectAll().execute(),
    ])
    expect(kept).not.toMatch(/BEGIN|PRIVATE/)
    const listed = (await lab.test.call('GET', '/api/account/tokens')).json as ApiToken[]
    expect(listed.find(({ id }) => id === lab.certificate.id)).toMatchObject({
      hostId: lab.one.id,
      name: 'docker',
    })
  })
})

describe('what runs ends with the right to it, within two seconds', () => {
  const within = { timeout: 2000, interval: 20 }
  /** A stream and a raw stream, both open; resolves when both are cut. */
  async function open(own: MadeCertificate) {
    const stream = lab
      .ask(`/v1.30/containers/${randomUUID()}/logs?follow=1&stdout=1`, { with: own })
      .then(String, () => 'cut')
    await expect.poll(() => [...lab.engine.open].some((path) => path.endsWith('/logs'))).toBe(true)
    const socket = connect(lab.tls({ with: own }))
    let said = ''
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.on('error', () => {})
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.write('POST /v1.30/containers/zz/attach?stream=1 HTTP/1.1\r\nHost: web-1.engines.test\r\n')
    socket.write('Connection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello')
    await expect.poll(() => said).toContain('hello')
    expect(lab.engine.open.has('upgraded')).toBe(true)
    return { cut: Promise.all([stream, closed]) }
  }
  async function isOver({ cut }: { cut: Promise<[string, void]> }) {
    await expect.poll(() => [...lab.engine.open].filter((path) => path !== '/events'), within).toEqual([])
    expect((await cut)[0]).toBe('cut')
  }

  it('the certificate revoked', async () => {
    const made = await certificateFor(lab.test.call, lab.one)
    const running = await open(made)
    expect((await lab.test.call('DELETE', `/api/account/tokens/${made.id}`)).status).toBe(204)
    await isOver(running)
    for (const name of ['web-1.engines.test', '127.0.0.1'])
      expect((await lab.ask(list, { name, with: made })).status).toBe(401)
  })

  it('the certificate revoked, of a TLS session that is taken up again', async () => {
    const made = await certificateFor(lab.test.call, lab.one)
    const agent = new Agent({ maxCachedSessions: 1 })
    const again = { with: made, agent, headers: { connection: 'close' } }
    for (const status of [200, 200]) expect((await lab.ask(list, again)).status).toBe(status)
    await lab.test.call('DELETE', `/api/account/tokens/${made.id}`)
    expect((await lab.ask(list, again)).status).toBe(401)
  })

  it('its owner disabled', async () => {
    const gone = await join(lab.test, `gone-${randomUUID()}`, 'administrator')
    const made = await certificateFor(gone.call, lab.one)
    const running = await open(made)
    expect((await lab.test.call('PATCH', `/api/users/${gone.id}`, { disabled: true })).status).toBeLessThan(
      300,
    )
    await isOver(running)
    expect((await lab.ask(list, { with: made })).status).toBe(401)
  })

  it('its owner’s role taken', async () => {
    const otto = await join(lab.test, `less-${randomUUID()}`, 'administrator')
    const made = await certificateFor(otto.call, lab.one)
    const running = await open(made)
    expect((await lab.test.call('PATCH', `/api/users/${otto.id}`, { role: null })).status).toBeLessThan(300)
    await isOver(running)
    expect((await lab.ask(list, { with: made })).status).not.toBe(200)
  })

  it('its end reached', async () => {
    const made = await certificateFor(lab.test.call, lab.one)
    const over = new Date(Date.now() - 1000).toISOString()
    await lab.test.app.db.updateTable('tokens').set({ expires_at: over }).where('id', '=', made.id).execute()
    expect((await lab.ask(list, { with: made })).status).toBe(401)
  })

  it('its host removed', async () => {
    const transport = { kind: 'tcp', host: '127.0.0.1', port: lab.engine.port }
    const host = (await lab.test.call('POST', '/api/hosts', { name: 'brief', transport })).json as Host
    const made = await certificateFor(lab.test.call, host)
    expect((await lab.test.call('DELETE', `/api/hosts/${host.id}`)).status).toBe(204)
    expect((await lab.ask(list, { name: '127.0.0.1', with: made })).status).toBe(401)
    const listed = (await lab.test.call('GET', '/api/account/tokens')).json as ApiToken[]
    expect(listed.some(({ id }) => id === made.id)).toBe(false)
  })
})
