import { request as plainRequest } from 'node:http'
import { connect } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AuditPage } from '#lib/contracts/audit.ts'
import { type Asking, basic, list, startAddresses } from '../testing/engine-addresses.ts'
import { authorityOf, makeAuthority } from './authority.ts'

let lab: Awaited<ReturnType<typeof startAddresses>>
beforeAll(async () => {
  lab = await startAddresses()
})
afterAll(() => lab?.close())
beforeEach(() => {
  lab.engine.recorded.length = 0
})

describe('who asks', () => {
  it('is known by a token, as bearer or password, or by a certificate', async () => {
    for (const asking of [
      { headers: lab.bearer },
      { headers: basic('anything', lab.token) },
      { with: lab.certificate },
      // A certificate of one's own counts alone.
      { with: lab.certificate, headers: { authorization: 'Bearer rst_wrong' } },
      { name: `${lab.one.id}.engines.test`, headers: lab.bearer },
      { name: `${lab.other.id}.engines.test`, headers: lab.bearer },
      { name: 'WEB-1.ENGINES.TEST', with: lab.certificate },
      // What buildx leaves empty.
      { host: '', with: lab.certificate },
    ] as Asking[])
      expect([asking, await lab.ask(list, asking)]).toEqual([asking, { status: 200, text: '[]' }])
    expect(lab.reached()).toHaveLength(8)
  })

  it('says at an address of all which host it is for', async () => {
    const name = '127.0.0.1'
    for (const asking of [
      { name, with: lab.certificate },
      { name, headers: basic('web-1', lab.token) },
      { name, headers: basic(lab.other.id, lab.token) },
      { name, headers: { ...lab.bearer, 'roadstead-host': 'Web-1' } },
      { name: 'engines.test', with: lab.certificate },
    ] as Asking[])
      expect([asking, await lab.ask(list, asking)]).toEqual([asking, { status: 200, text: '[]' }])
    const nameless = await lab.ask(list, { name, headers: lab.bearer })
    expect([nameless.status, JSON.parse(nameless.text)]).toEqual([
      400,
      { message: expect.stringContaining('which host') },
    ])
  })

  it('is nobody without, with what is wrong, and with another authority’s', async () => {
    const wrong = basic('web-1', 'rst_wrong')
    for (const asking of [
      {},
      { headers: wrong },
      { headers: { cookie: lab.test.cookie } },
      { name: '127.0.0.1' },
    ])
      expect((await lab.ask(list, asking)).status).toBe(401)
    expect((await lab.ask('/session')).status).toBe(401)
    const libpod = JSON.parse((await lab.ask('/v4.0.0/libpod/info')).text)
    expect(libpod).toEqual({ cause: expect.any(String), message: expect.any(String), response: 401 })

    const foreign = await authorityOf(await makeAuthority())
    const issued = await foreign.issueClient(lab.one.id, new Date(Date.now() + 3_600_000))
    const refused = await lab.ask(list, { with: issued, headers: lab.bearer })
    expect([refused.status, refused.text]).toEqual([401, expect.stringContaining('certificate')])
    expect(lab.reached()).toEqual([])
  })

  it('is no page of another site, whatever certificate the browser adds', async () => {
    for (const headers of [
      { origin: 'https://evil.test' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[])
      expect((await lab.ask(list, { with: lab.certificate, headers })).status).toBe(403)
    expect(lab.reached()).toEqual([])
  })

  it('is known at the dashboard and at /h/ by a token only', async () => {
    const at = (path: string, headers: Record<string, string>) => fetch(lab.test.origin + path, { headers })
    expect((await at(`/h/${lab.one.id}${list}`, basic('x', lab.token))).status).toBe(401)
    expect((await at('/api/hosts', basic('x', lab.token))).status).toBe(401)
    // Its sha256 is no secret.
    const stored = await lab.test.app.db
      .selectFrom('tokens')
      .select('hash')
      .where('host_id', '=', lab.one.id)
      .execute()
    for (const { hash } of stored)
      expect((await at('/api/hosts', { authorization: `Bearer rst_${hash}` })).status).toBe(401)
    // The listener has no pages and no API.
    expect((await lab.ask('/api/hosts', { with: lab.certificate })).status).toBe(404)
    expect((await lab.ask(`/h/${lab.other.id}${list}`, { with: lab.certificate })).status).toBe(404)
  })
})

describe('an address', () => {
  it('of another host refuses a certificate, seen or not', async () => {
    const refused = await lab.ask(list, { name: `${lab.other.id}.engines.test`, with: lab.certificate })
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('another host')])
    const missing = await lab.ask(list, { name: 'no-such.engines.test', with: lab.certificate })
    expect([missing.status, missing.text]).toEqual([404, expect.not.stringContaining('web')])
    expect(lab.reached()).toEqual([])
    const { json } = await lab.test.call('GET', '/api/audit')
    expect((json as AuditPage).items.find(({ action }) => action === 'gateway.use')).toMatchObject({
      decision: 'denied',
      hostId: lab.other.id,
      signInId: lab.certificate.id,
    })
  })

  it('that is none of ours names nothing', async () => {
    for (const asking of [
      { host: 'evil.test', with: lab.certificate },
      { name: 'evil.test', with: lab.certificate },
      { name: 'engines.test.evil.test', with: lab.certificate },
      { name: '127.0.0.1', host: '10.0.0.1', with: lab.certificate },
      // Of two names that differ another reader takes the other.
      { host: `${lab.other.id}.engines.test`, with: lab.certificate },
    ]) {
      const { status, text } = await lab.ask(list, { ...asking, headers: lab.bearer }).catch(() => ({
        status: 0,
        text: '',
      }))
      expect([asking, [0, 421].includes(status), text]).toEqual([
        asking,
        true,
        expect.not.stringContaining('web'),
      ])
    }
    expect(lab.reached()).toEqual([])
  })

  it('is told to who may use it, and shows a certificate for it', async () => {
    expect(await lab.addressOf(lab.one)).toMatchObject({
      hostname: 'web-1.engines.test',
      isNamed: true,
      isTls: true,
    })
    expect(await lab.addressOf(lab.other)).toMatchObject({ hostname: `${lab.other.id}.engines.test` })
    for (const name of ['web-1.engines.test', 'engines.test'])
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ ...lab.tls({ name }) }, () => {
          expect(socket.authorized).toBe(true)
          socket.end()
          resolve()
        })
        socket.on('error', reject)
      })
  })

  it('by name is answered at our own port too, where a proxy has ended TLS, by a token alone', async () => {
    const at = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const { port } = new URL(lab.test.origin)
        const asked = plainRequest({ host: 'localhost', port, path: list, headers }, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        asked.on('error', reject).end()
      })
    const host = 'web-1.engines.test'
    expect(await at({ host, ...lab.bearer })).toBe(200)
    expect(await at({ host, ...basic('x', lab.token) })).toBe(200)
    expect(await at({ host })).toBe(401)
    expect(await at({ host, cookie: lab.test.cookie })).toBe(401)
    // The domain itself is none of our names there.
    expect(await at({ host: 'engines.test', ...lab.bearer })).toBe(421)
  })
})
