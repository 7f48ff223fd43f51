import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createRegistryClient } from './client.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function registry(headers: (request: IncomingMessage) => [number, Record<string, string>]) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.url}`)
    response.writeHead(...headers(request)).end('{}')
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { asked, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const check = async (address: string) => {
  const client = createRegistryClient({ address, scheme: 'http', username: 'u', password: 'p' })
  try {
    await client.check()
  } finally {
    await client.close()
  }
}

it.each([
  '169.254.169.254',
  '169.254.169.254:80',
  '[fd00:ec2::254]',
  '[::ffff:169.254.169.254]',
  '2852039166',
  '0xa9fea9fe',
])('a registry is never %s, where clouds keep credentials', async (address) => {
  await expect(check(address)).rejects.toMatchObject({ code: 'address_refused' })
})

it.each([301, 302, 307, 308])('nor does one lead there by a redirect (%i)', async (status) => {
  const { address, asked } = await registry(() => [
    status,
    { location: 'http://169.254.169.254/latest/meta-data/' },
  ])
  await expect(check(address)).rejects.toMatchObject({ code: 'address_refused' })
  expect(asked).toEqual(['/v2/'])
})

it('nor by its address to sign in at', async () => {
  const { address } = await registry(() => [
    401,
    { 'www-authenticate': 'Bearer realm="http://169.254.169.254/token",service="x"' },
  ])
  await expect(check(address)).rejects.toMatchObject({ code: 'address_refused' })
})
