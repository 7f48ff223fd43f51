import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, it } from 'vitest'
import { labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { type Role, rolePermissions, roles } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addHosts } from '../testing/lab-hosts.ts'
import { startRecordingProxy } from '../testing/recording-proxy.ts'
import { type GatewayEndpoint } from './table.ts'
import { dockerEndpoints } from './table-docker.ts'
import { libpodEndpoints } from './table-libpod.ts'
import { rawEndpoints } from './table-raw.ts'

const engines = { docker: 'docker-unix', podman: 'podman-unix' } as const
type Flavour = keyof typeof engines
const flavours = Object.keys(engines) as Flavour[]
const proxies = new Map<Flavour, Awaited<ReturnType<typeof startRecordingProxy>>>()
const tokens = new Map<Role, string>()
/** The dashboard itself speaks other versions. */
const version = '/v1.30'
let test: AppUnderTest

/**
 * Kept from the engine, which others use: without an object's name, prunes and Podman's removal of several images take all
 * that is not in use, and its import and kube play leave an empty image and a network behind. Its search, and Docker's
 * questions to a registry, wait for one on the internet. A swarm or a plugin would be everybody's.
 */
const kept =
  / \S+\/(prune|images\/remove|images\/import|kube\/play|play\/kube|images\/search|distribution\/\S+|(?:swarm|nodes|services|tasks|secrets|configs|plugins|manifests|artifacts)(?:\/\S+)?|system\/check)$/

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const flavour of flavours)
    proxies.set(flavour, await startRecordingProxy(labEngine(engines[flavour]).localSocketPath, kept))
  await addHosts(
    test,
    [...proxies].map(([name, { port }]) => ({ name, transport: { kind: 'tcp', host: '127.0.0.1', port } })),
  )
  for (const role of roles) {
    const permissions = rolePermissions[role].filter((name) => name !== 'users.edit')
    const { json } = await test.call('POST', '/api/account/tokens', { name: role, permissions, hours: 1 })
    tokens.set(role, (json as MadeToken).token)
  }
})
afterAll(async () => {
  await test?.close()
  for (const proxy of proxies.values()) proxy.close()
})

/** Asks, and leaves when the first of an answer is there: some of them would never end. */
async function ask({ method, hijack }: GatewayEndpoint, target: string, role: Role): Promise<void> {
  const authorization = `Bearer ${tokens.get(role)}`
  if (hijack !== 'h2c' && hijack !== 'websocket') {
    const client = new AbortController()
    await fetch(test.origin + target, { method, headers: { authorization }, signal: client.signal })
    client.abort()
    return
  }
  const socket = connect(Number(new URL(test.origin).port), 'localhost')
  const upgrade = `Connection: Upgrade\r\nUpgrade: ${hijack}\r\nContent-Length: 0\r\n`
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n${upgrade}\r\n`,
  )
  await once(socket, 'data')
  socket.destroy()
}

// Whoever changes a line of these files changes what somebody may do to an engine.
it.concurrent.for(flavours)(
  'what reaches %s is the golden set, for each role',
  async (flavour, { expect }) => {
    const { recorded = [] } = proxies.get(flavour) ?? {}
    const rows: string[] = []
    for (const endpoint of [...dockerEndpoints, ...libpodEndpoints, ...rawEndpoints]) {
      const path = version + endpoint.path.replaceAll(/\{id\}|\{to\}/g, 'zz').replace('{name}', 'zz/app:1')
      const may: string[] = []
      for (const role of roles) {
        recorded.length = 0
        await ask(endpoint, `/h/${flavour}${path}`, role)
        const reached = recorded.filter((line) => line.includes(version))
        // Itself with what its row fixes, and nothing else.
        const itself = `${endpoint.method} ${path}${endpoint.fixed ? `?${new URLSearchParams(endpoint.fixed)}` : ''}`
        expect(reached).toEqual(reached.length === 0 ? [] : [itself])
        if (reached.length > 0) may.push(role)
      }
      rows.push(`${`${endpoint.method} ${endpoint.path}`.padEnd(44)} ${may.join(' ') || '-'}`)
    }
    await expect(`${rows.join('\n')}\n`).toMatchFileSnapshot(`forwarded-${flavour}.txt`)
  },
)
