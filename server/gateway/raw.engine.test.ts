import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'
import { pairOf } from '../testing/whole-tables.ts'

const dockers: readonly EngineName[] = ['docker-unix', 'docker28-tcp']
const podmans: readonly EngineName[] = ['podman-unix', 'podman5-tcp']
const engines = [...dockers, ...podmans]
const mark = `raw-${randomUUID().slice(0, 6)}`
const home = mkdtempSync(join(tmpdir(), 'roadstead-raw-'))
let test: AppUnderTest
let token: string

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  await addLabHosts(test, engines)
  const { json } = await test.call('POST', '/api/account/tokens', {
    name: 'raw',
    hours: 1,
    permissions: permissions.filter((name) => name !== 'users.edit'),
  })
  token = (json as MadeToken).token
  mkdirSync(join(home, 'with'))
  const config = { HttpHeaders: { Authorization: `Bearer ${token}` } }
  writeFileSync(join(home, 'with/config.json'), JSON.stringify(config))
})
afterAll(async () => {
  await test?.close()
  rmSync(home, { recursive: true, force: true })
})

const socketOf = (engine: EngineName) => labEngine(engine).localSocketPath
const direct = async (engine: EngineName, method: string, path: string, body?: object) => {
  const { status, text } = await engineRequest(socketOf(engine), method, `/v1.41${path}`, body)
  return { status, text: text.trim() }
}
const through = async (engine: EngineName, method: string, path: string, body?: object) => {
  const answer = await fetch(`${test.origin}/h/${engine}/v1.41${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, text: (await answer.text()).trim() }
}

describe.each(
  pairOf<EngineName>(['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'], 'older Podman'),
)('what is root by its nature, on %s', (engine) => {
  // What only reads, or names what is not there: no engine of the lab becomes part of a swarm.
  const lines: [method: string, path: string][] = [
    ...['/swarm', '/nodes', '/nodes/zz', '/services', '/services/zz', '/tasks', '/tasks/zz', '/secrets'].map(
      (path): [string, string] => ['GET', path],
    ),
    ...['/secrets/zz', '/configs', '/configs/zz', '/plugins', '/plugins/a/b:1/json', '/services/zz/logs'].map(
      (path): [string, string] => ['GET', path],
    ),
    ...['/nodes/zz', '/services/zz', '/secrets/zz', '/configs/zz', '/plugins/zz'].map(
      (path): [string, string] => ['DELETE', path],
    ),
    ['GET', '/networks/no%20such%20net'],
    ['DELETE', '/networks/no%20such%20net'],
    ['GET', '/volumes/no%20such%20volume'],
    ['DELETE', '/containers/no-such/alias?link=1'],
  ]

  it('has the status and the words of the engine', async () => {
    const told = await Promise.all(
      lines.map(async ([method, path]) => [
        { line: `${method} ${path}`, ...(await through(engine, method, path)) },
        { line: `${method} ${path}`, ...(await direct(engine, method, path)) },
      ]),
    )
    expect(told.map(([gateway]) => gateway)).toEqual(told.map(([, own]) => own))
    if (dockers.includes(engine))
      expect(told[1]?.[0]).toMatchObject({
        status: 503,
        text: expect.stringContaining('This node is not a swarm manager'),
      })
  })
})

describe.each(dockers)('the docker command on %s', (engine) => {
  it('says of swarms and plugins what it says at the socket', async () => {
    const cli = (host: string, args: string[]) =>
      run('/usr/bin/docker', args, {
        check: false,
        env: { ...process.env, HOME: home, DOCKER_CONFIG: join(home, 'with'), DOCKER_HOST: host },
      })
    const gateway = `${test.origin.replace('http:', 'tcp:')}/h/${engine}`
    for (const args of [
      ['node', 'ls'],
      ['service', 'ls'],
      ['secret', 'ls'],
      ['plugin', 'ls'],
    ])
      expect([args, await cli(gateway, args)]).toEqual([args, await cli(`unix://${socketOf(engine)}`, args)])
  })

  it.each(['my net', 'a/b', 'a+b', 'net%41', 'a\\b', 'é', 'x'.repeat(300)])(
    'reads, connects and removes a network called %s',
    async (given) => {
      const name = `${mark} ${given}`
      const path = `/networks/${encodeURIComponent(name)}`
      const { Id } = await engineCall<{ Id: string }>(socketOf(engine), 'POST', '/v1.41/networks/create', {
        Name: name,
      })
      try {
        const found = await through(engine, 'GET', path)
        expect(JSON.parse(found.text)).toMatchObject({ Name: name, Id })
        expect(await through(engine, 'POST', `${path}/connect`, { Container: 'no-such' })).toEqual(
          await direct(engine, 'POST', `${path}/connect`, { Container: 'no-such' }),
        )
        expect((await through(engine, 'DELETE', path)).status).toBe(204)
        const gone = await through(engine, 'GET', path)
        expect(gone).toEqual(await direct(engine, 'GET', path))
      } finally {
        await direct(engine, 'DELETE', `/networks/${Id}`)
      }
    },
  )

  it('takes a link away, and neither of its containers', async () => {
    const make = async (name: string, HostConfig: object = {}) => {
      const body = { Image: labImages.busybox, Cmd: ['sleep', '60'], HostConfig }
      const path = `/v1.41/containers/create?name=${mark}-${name}`
      return (await engineCall<{ Id: string }>(socketOf(engine), 'POST', path, body)).Id
    }
    const child = await make('child')
    const parent = await make('parent', { Links: [`${mark}-child:db`] })
    try {
      const links = async () =>
        (JSON.parse((await direct(engine, 'GET', `/containers/${parent}/json`)).text) as Linked).HostConfig
          .Links
      expect(await links()).toHaveLength(1)
      const alias = `${mark}-parent/db`
      for (const path of [`/${alias}`, `/${mark}-child`, `//${mark}-child`])
        expect(JSON.parse((await through(engine, 'GET', `/containers${path}/json`)).text).Id).toBe(child)
      const calls: [method: string, path: string, body?: object][] = [
        ['GET', `/containers/${alias}/logs?stdout=1`],
        ['GET', `/containers/${mark}-parent/no-such/json`],
        ['POST', `/containers/${alias}/exec`, { Cmd: ['true'] }],
      ]
      for (const [method, path, body] of calls)
        expect(await through(engine, method, path, body)).toEqual(await direct(engine, method, path, body))
      expect(await through(engine, 'DELETE', `/containers/${mark}-parent/db?link=1`)).toMatchObject({
        status: 204,
      })
      expect((await links()) ?? []).toEqual([])
      expect((await direct(engine, 'GET', `/containers/${child}/json`)).status).toBe(200)
    } finally {
      for (const id of [parent, child]) await direct(engine, 'DELETE', `/containers/${id}?force=1`)
    }
  })
})

/** What a container that answers with what it reads says to somebody who types by WebSocket. */
function echoOf(url: string, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.on('open', () => socket.send('typed\n'))
    socket.on('message', (data) => {
      resolve(String(data))
      socket.close()
    })
    socket.on('unexpected-response', (request, { statusCode }) => {
      request.destroy()
      resolve(String(statusCode))
    })
    socket.on('error', reject)
  })
}

it('types into a container by WebSocket as at the engine, and not without the permission', async () => {
  const engine = 'docker28-tcp'
  const body = { Image: labImages.busybox, Cmd: ['cat'], OpenStdin: true, Labels: { a: mark } }
  const path = `/v1.41/containers/create?name=${mark}-ws`
  const { Id } = await engineCall<{ Id: string }>(socketOf(engine), 'POST', path, body)
  try {
    await direct(engine, 'POST', `/containers/${Id}/start`)
    const attach = `/v1.41/containers/${Id}/attach/ws?stream=1&stdin=1&stdout=1`
    const gateway = `${test.origin.replace('http', 'ws')}/h/${engine}${attach}`
    expect(await echoOf(gateway, { authorization: `Bearer ${token}` })).toBe('typed\n')
    expect(await echoOf(`ws+unix://${socketOf(engine)}:${attach}`)).toBe('typed\n')
    expect(await echoOf(gateway)).toBe('401')
    const given = { name: 'watch', hours: 1, permissions: ['gateway.use', 'hosts.view', 'containers.view'] }
    const watcher = (await test.call('POST', '/api/account/tokens', given)).json as MadeToken
    expect(await echoOf(gateway, { authorization: `Bearer ${watcher.token}` })).toBe('403')
  } finally {
    await direct(engine, 'DELETE', `/containers/${Id}?force=1`)
  }
})

describe.each(podmans)('manifest lists and what changed in an image, on %s', (engine) => {
  it('are as at its socket', async () => {
    const at = '/v4.0.0/libpod'
    const list = `${mark}%2Flist`
    const both = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(`${test.origin}/h/${engine}${at}${path}`, { method, headers })
      const own = await engineRequest(socketOf(engine), method, at + path)
      expect({ status: answer.status, text: (await answer.text()).trim() }).toEqual({
        status: own.status,
        text: own.text.trim(),
      })
      return own.status
    }
    const image = labImages.web2.replace('/', '%2F')
    expect(await both('GET', `/containers/${image}/changes?diffType=image`)).toBe(200)
    await engineRequest(socketOf(engine), 'POST', `${at}/manifests/${list}`, {})
    try {
      expect(await both('GET', `/manifests/${list}/json`)).toBe(200)
      expect(await both('GET', `/manifests/${list}/exists`)).toBe(204)
      // Nothing listens there.
      const nowhere = encodeURIComponent('docker://127.0.0.1:1/a/b:1')
      expect(await both('POST', `/manifests/${list}/registry/${nowhere}?tlsVerify=false`)).toBeGreaterThan(
        399,
      )
      const path = `${test.origin}/h/${engine}${at}/manifests/${list}`
      const gone = await fetch(path, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })
      expect(gone.status).toBe(200)
      expect(await both('GET', `/manifests/${list}/exists`)).toBe(404)
    } finally {
      await engineRequest(socketOf(engine), 'DELETE', `${at}/manifests/${list}`)
    }
  })
})

describe.each(podmans)('artifacts on %s', (engine) => {
  it('are as at its socket, those that it has and those that it knows nothing of', async () => {
    const at = '/v5.4.0/libpod/artifacts'
    const none = encodeURIComponent(`127.0.0.1:1/${mark}/none:1`)
    const lines: [method: string, path: string][] = [
      ['GET', '/json'],
      ['GET', `/${none}/json`],
      ['GET', `/${none}/extract`],
      ['POST', `/pull?name=${none}`],
      ['POST', `/${none}/push`],
      ['DELETE', `/${none}`],
      ['DELETE', `/remove?artifacts=${none}`],
    ]
    const headers = { authorization: `Bearer ${token}` }
    for (const [method, path] of lines) {
      const answer = await fetch(`${test.origin}/h/${engine}${at}${path}`, { method, headers })
      const own = await engineRequest(socketOf(engine), method, at + path)
      const told = { line: method + path, status: answer.status, text: (await answer.text()).trim() }
      expect(told).toEqual({ line: method + path, status: own.status, text: own.text.trim() })
    }
  })
})

interface Linked {
  HostConfig: { Links: string[] | null }
}
