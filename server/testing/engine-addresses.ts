import { type Agent, request } from 'node:https'
import { expect, vi } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { EngineAddressAnswer, MadeCertificate } from '#lib/contracts/engine-addresses.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type Permission, rolePermissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from './app-under-test.ts'
import { startRecordingEngine } from './recording-engine.ts'

export interface Asking {
  /** The name that TLS and the Host header have. Default: the first host's. */
  name?: string
  /** In place of `name` in the Host header. */
  host?: string
  with?: Pick<MadeCertificate, 'certificate' | 'key'>
  headers?: Record<string, string>
  method?: string
  /** Takes TLS sessions up again. */
  agent?: Agent
}

/** All that a certificate or token may be made for. */
export const everything = rolePermissions.administrator.filter((name) => name !== 'users.edit')
/** A request that the dashboard itself sends to no engine: it speaks version 1.48 or none. */
export const list = '/v1.30/containers/json'
export const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

export async function certificateFor(
  call: AppUnderTest['call'],
  host: Pick<Host, 'id'>,
  permissions: Permission[] = everything,
): Promise<MadeCertificate> {
  const body = { name: 'docker', permissions, hours: 1 }
  const answer = await call('POST', `/api/account/certificates/${host.id}`, body)
  expect([answer.status, answer.json]).toEqual([200, expect.anything()])
  return answer.json as MadeCertificate
}

/** An app with engine addresses and two hosts, both one recording engine, and who may do everything at the first. */
export async function startAddresses() {
  const engine = await startRecordingEngine()
  const test = await startApp({
    ROADSTEAD_ENGINES_DOMAIN: 'engines.test, 127.0.0.1',
    ROADSTEAD_ENGINES_PORT: '0',
  })
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  const add = async (name: string) =>
    (await test.call('POST', '/api/hosts', { name, transport })).json as Host
  const [one, other] = [await add('Web-1'), await add('web two')]
  for (const { id } of [one, other])
    await vi.waitFor(() => expect(test.app.hosts.registry.get(id).state).toBe('online'), { timeout: 30_000 })
  const addressOf = async (host: Host) =>
    ((await test.call('GET', `/api/hosts/${host.id}/engine-address`)).json as EngineAddressAnswer).address
  const port = (await addressOf(one))?.port ?? 0
  const certificate = await certificateFor(test.call, one)
  const asked = { name: 'x', permissions: everything, hours: 1 }
  const { token } = (await test.call('POST', '/api/account/tokens', asked)).json as MadeToken

  /** What Node's TLS connects with. */
  const tls = ({ name = 'web-1.engines.test', with: own, agent }: Asking) => ({
    host: '127.0.0.1',
    port,
    ca: certificate.authority,
    agent: agent ?? false,
    ...(/^[\d.]+$/.test(name) ? {} : { servername: name }),
    ...(own ? { cert: own.certificate, key: own.key } : {}),
  })
  /** The status and the document that came. Rejects where the answer was cut. */
  const ask = (path: string, asking: Asking = {}) => {
    const { name = 'web-1.engines.test', host, headers = {}, method = 'GET' } = asking
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const options = {
        ...tls(asking),
        // Node fills an empty one.
        setHost: host !== '',
        path,
        method,
        headers: { host: host ?? `${name}:${port}`, ...headers },
      }
      const asked = request(options, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      })
      asked.on('error', reject).end()
    })
  }
  return {
    test,
    engine,
    one,
    other,
    certificate,
    token,
    addressOf,
    tls,
    ask,
    bearer: { authorization: `Bearer ${token}` },
    /** What reached the engine by an engine address. */
    reached: () => engine.recorded.filter(({ line }) => line.includes(' /v1.30/')).map(({ line }) => line),
    async close() {
      await test.close()
      engine.close()
    },
  }
}
