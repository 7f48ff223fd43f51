import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '#e2e/lab/run.ts'
import { labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addHosts } from '../testing/lab-hosts.ts'

/** What Docker 29 takes at least (docs.docker.com/engine/release-notes/29). */
const oldest = 44
const folder = mkdtempSync(join(tmpdir(), 'roadstead-newest-'))
let front: Server
let test: AppUnderTest
let address = ''
let token = ''

/** A real dockerd 28 behind a front that refuses old versions in Docker 29's words, and says so where it is asked. */
beforeAll(async () => {
  const { localSocketPath: socketPath } = labEngine('docker28-tcp')
  front = createServer((asked, answer) => {
    const { url: path = '', method, headers } = asked
    const minor = /^\/v1\.(\d+)\//.exec(path)?.[1]
    if (minor !== undefined && Number(minor) < oldest) {
      const message = `client version 1.${minor} is too old. Minimum supported API version is 1.${oldest}`
      answer.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
      return
    }
    const onward = request({ socketPath, path, method, headers }, async (given) => {
      const { 'content-length': _, ...others } = given.headers
      answer.writeHead(given.statusCode ?? 502, others)
      if (!path.endsWith('/version')) return void given.pipe(answer)
      let text = ''
      for await (const part of given.setEncoding('utf8')) text += part
      answer.end(text.replace(/"MinAPIVersion":"[\d.]+"/, `"MinAPIVersion":"1.${oldest}"`))
    })
    answer.on('close', () => onward.destroy())
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  const { port } = front.address() as AddressInfo
  test = await startApp()
  await test.setUp()
  await addHosts(test, [{ name: 'newest', transport: { kind: 'tcp', host: '127.0.0.1', port } }])
  const made = await test.call('POST', '/api/account/tokens', {
    name: 'newest',
    hours: 1,
    permissions: ['gateway.use', 'hosts.view', 'containers.view'],
  })
  token = (made.json as MadeToken).token
  address = `${test.origin}/h/newest`
})
afterAll(async () => {
  await test?.close()
  front?.closeAllConnections()
  front?.close()
  rmSync(folder, { recursive: true, force: true })
})

const python = `
import docker, os
client = docker.DockerClient(base_url=os.environ["DOCKER_HOST"])
print(type(client.containers.list(all=True)).__name__, client.api._version)
`
const dockerode = `
const Docker = require('dockerode')
const { hostname, port, pathname } = new URL(process.env.DOCKER_HOST)
delete process.env.DOCKER_HOST
const headers = { Authorization: 'Bearer ' + process.env.TOKEN }
new Docker({ host: hostname, port, version: pathname.slice(1), headers })
  .listContainers({ all: true })
  .then((list) => console.log(Array.isArray(list)))
`

it('as the README says it, clients reach an engine that takes 1.44 and newer', async () => {
  const curl = await fetch(`${address}/containers/json`, { headers: { authorization: `Bearer ${token}` } })
  expect([curl.status, Array.isArray(await curl.json())]).toEqual([200, true])
  const old = await fetch(`${address}/v1.41/containers/json`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect([old.status, await old.text()]).toEqual([400, expect.stringContaining('too old')])
  const env = { ...process.env, DOCKER_HOST: address.replace('http:', 'tcp:'), TOKEN: token }
  const node = await run(process.execPath, ['--input-type=commonjs', '-e', dockerode], { env, check: false })
  expect(`${node.stdout}${node.stderr}`).toBe('true\n')
  const config = { HttpHeaders: { Authorization: `Bearer ${token}` } }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const py = await run('/usr/bin/python3', ['-c', python], {
    check: false,
    env: { ...env, DOCKER_CONFIG: folder },
  })
  expect(`${py.stdout}${py.stderr}`).toBe('list 1.51\n')
})
