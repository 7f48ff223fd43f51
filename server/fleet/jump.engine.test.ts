import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LabSshHop, labEngine } from '#e2e/lab/state.ts'
import type { Host, SshHopInput } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts'
import { addHosts } from '../testing/lab-hosts.ts'
import { wholeTables } from '../testing/whole-tables.ts'

const hopOf = ({ host, port, username, keyPath, hostKeyFingerprint }: LabSshHop): SshHopInput => ({
  host,
  port,
  username,
  auth: 'key',
  hostKey: hostKeyFingerprint,
  privateKey: readFileSync(keyPath, 'utf8'),
})

let test: AppUnderTest
let proxy: CuttingProxy
beforeAll(async () => {
  const { transport } = labEngine('docker-ssh')
  if (transport.kind !== 'ssh' || !transport.jump) throw new Error('docker-ssh is not behind a jump host')
  const { host, port } = transport.jump
  proxy = await startCuttingProxy({ host, port })
  test = await startApp()
  await test.setUp()
  const jump = { ...hopOf(transport.jump), host: '127.0.0.1', port: proxy.port }
  const target = { ...hopOf(transport), host: String(transport.addressBehindJump) }
  await addHosts(test, [{ name: 'behind', transport: { kind: 'ssh', ...target, jump } }])
})
afterAll(async () => {
  await test.close()
  proxy.close()
})

const host = async () => ((await test.call('GET', '/api/hosts')).json as Host[])[0]

it.each(wholeTables ? (['drop', 'reset'] as const) : (['drop'] as const))(
  'a host whose jump host goes (%s) is told as away, with a reason, and is back with it',
  async (fault) => {
    await expect.poll(async () => (await host())?.state).toBe('online')
    const containers = test.app.live.fleet.all('containers', (await host())?.id ?? '').length
    proxy.fault(fault)
    await expect.poll(async () => (await host())?.state).toMatch(/^un/)
    expect((await host())?.error?.message).toBeTruthy()
    // What it ran is not told as gone.
    expect(test.app.live.fleet.all('containers', (await host())?.id ?? '')).toHaveLength(containers)
    proxy.heal()
    await expect.poll(async () => (await host())?.state).toBe('online')
  },
)
