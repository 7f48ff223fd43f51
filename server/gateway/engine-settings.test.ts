import { describe, expect, it } from 'vitest'
import type { Host } from '#lib/contracts/hosts.ts'
import { readConfig } from '../config.ts'
import { startApp } from '../testing/app-under-test.ts'

describe('the settings of engine addresses', () => {
  it.each([
    [{}, null],
    [{ ROADSTEAD_ENGINES_DOMAIN: 'Engines.Test' }, { domain: 'engines.test', addresses: [], listener: null }],
    [
      {
        ROADSTEAD_ENGINES_DOMAIN: '10.0.0.1, fd00::1',
        ROADSTEAD_ENGINES_PORT: '2376',
        ROADSTEAD_ENGINES_BIND: '::',
      },
      { domain: null, addresses: ['10.0.0.1', 'fd00::1'], listener: { port: 2376, bind: '::' } },
    ],
  ])('of %j', (environment, expected) => {
    expect(readConfig({ NODE_ENV: 'test', ...environment }).engines).toEqual(expected)
  })

  it.each([
    { ROADSTEAD_ENGINES_PORT: '2376' },
    { ROADSTEAD_ENGINES_DOMAIN: '10.0.0.1' },
    { ROADSTEAD_ENGINES_DOMAIN: 'engines', ROADSTEAD_ENGINES_PORT: '2376' },
    { ROADSTEAD_ENGINES_DOMAIN: '*.engines.test', ROADSTEAD_ENGINES_PORT: '2376' },
    { ROADSTEAD_ENGINES_DOMAIN: 'a.test,b.test', ROADSTEAD_ENGINES_PORT: '2376' },
    // Its pages would be an engine's.
    { ROADSTEAD_ENGINES_DOMAIN: 'ops.test', ROADSTEAD_URL: 'https://roadstead.ops.test' },
  ])('of %j stop the start', (environment) => {
    expect(() => readConfig({ NODE_ENV: 'test', ...environment })).toThrow(/ROADSTEAD_ENGINES_/)
  })

  it('that are none open no port and make no authority', async () => {
    const off = await startApp()
    try {
      await off.setUp()
      expect(off.app.config.engines).toBeNull()
      const kept = await off.app.db.selectFrom('settings').select('key').execute()
      expect(kept.map(({ key }) => key)).not.toContain('engines_authority')
      const transport = { kind: 'tcp', host: '127.0.0.1', port: 9 }
      const host = (await off.call('POST', '/api/hosts', { name: 'one', transport })).json as Host
      expect((await off.call('GET', `/api/hosts/${host.id}/engine-address`)).json).toEqual({ address: null })
      const body = { name: 'x', permissions: ['gateway.use', 'hosts.view'], hours: 1 }
      const refused = await off.call('POST', `/api/account/certificates/${host.id}`, body)
      expect([refused.status, refused.json]).toEqual([
        409,
        { error: expect.objectContaining({ code: 'engines_off' }) },
      ])
    } finally {
      await off.close()
    }
  })
})
