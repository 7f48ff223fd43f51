import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiError } from '#lib/contracts/common.ts'
import type { Registry } from '#lib/contracts/registries.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'

const digest = `sha256:${'a'.repeat(64)}`
/** A registry over plain HTTP that knows one account, and what it was sent. */
const sent: (string | undefined)[] = []
let password = 'sesame'
const server = createServer((request, response) => {
  const { authorization } = request.headers
  sent.push(authorization)
  const isKnown = authorization === `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`
  if (!isKnown) return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
  const headers = {
    'content-type': 'application/vnd.oci.image.index.v1+json',
    'docker-content-digest': digest,
  }
  response.writeHead(200, headers).end()
})
let address = ''
let test: AppUnderTest
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  test = await startApp()
  await test.setUp()
})
afterAll(async () => {
  await test.close()
  server.close()
})

const ask = () =>
  test.app.registries
    .remoteDigest(`${address}/app:1`, AbortSignal.timeout(5000))
    .catch((error: { code: string }) => error.code)
const error = (answer: { json: unknown }) => (answer.json as { error: ApiError }).error

it('an account is used from the moment it is stored, changed or removed', async () => {
  expect(await ask()).toBe('tls_not_spoken')
  const input = { address, scheme: 'http', insecure: true, username: 'ada', password: 'wrong' }
  const added = await test.call('POST', '/api/registries', input)
  const path = `/api/registries/${(added.json as Registry).id}`
  expect(await ask()).toBe('registry_login_refused')
  await test.call('PUT', path, { ...input, password: 'sesame' })
  expect(await ask()).toBe(digest)
  password = 'changed'
  await test.call('PUT', path, { ...input, password: 'changed' })
  expect(await ask()).toBe(digest)
  await test.call('PUT', path, { address, scheme: 'http' })
  expect(await ask()).toBe('registry_login_needed')
  await test.call('DELETE', path)
  expect(await ask()).toBe('tls_not_spoken')
})

it('a password goes over plain HTTP only where somebody agreed to it', async () => {
  sent.length = 0
  const input = { address, scheme: 'http', username: 'ada', password }
  for (const refused of [
    await test.call('POST', '/api/registries/test', input),
    await test.call('POST', '/api/registries', input),
  ]) {
    expect(error(refused)).toMatchObject({ code: 'registry_insecure', fields: [{ path: 'insecure' }] })
  }
  expect(sent).toEqual([])
  // Without a password there is nothing to agree to.
  const { password: _, ...account } = input
  const { username: __, ...nobody } = account
  expect(error(await test.call('POST', '/api/registries/test', nobody)).code).toBe('registry_login_needed')

  const added = await test.call('POST', '/api/registries', { ...input, scheme: 'https' })
  const { id } = added.json as Registry
  expect(added.json).toMatchObject({ insecure: false, hasPassword: true })
  // The stored one was given for HTTPS: it does not follow.
  const test1 = await test.call('POST', '/api/registries/test', {
    ...account,
    insecure: true,
    registryId: id,
  })
  expect(error(test1).code).toBe('registry_login_refused')
  expect(sent.map((header) => header && Buffer.from(header.slice(6), 'base64').toString())).not.toContain(
    `ada:${password}`,
  )
  const agreed = await test.call('PUT', `/api/registries/${id}`, { ...input, insecure: true })
  expect(agreed.json).toMatchObject({ insecure: true, hasPassword: true })
  const kept = { ...account, registryId: id }
  expect(error(await test.call('POST', '/api/registries/test', kept)).code).toBe('registry_insecure')
  const again = await test.call('POST', '/api/registries/test', { ...kept, insecure: true })
  expect(again.status).toBe(204)
})
