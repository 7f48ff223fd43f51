import { randomUUID } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { closeCodes } from '#lib/close-codes.ts'
import type { MadeToken, Session } from '#lib/contracts/account.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import type { MadeLink, People } from '#lib/contracts/users.ts'
import { cookieOf } from '../testing/app-under-test.ts'
import { following } from '../testing/live-viewer.ts'
import { type LogLab, startLogLab } from '../testing/log-lab.ts'
import { give, makeRole } from '../testing/people.ts'

const engine: EngineName = 'docker-unix'
const password = 'a long enough password'
let lab: LogLab
beforeAll(async () => {
  lab = await startLogLab('revoked', [engine])
})
afterAll(() => lab.close())

/**
 * Milliseconds after which nothing of theirs may be open. It is the promise itself that is tested, and not how fast a
 * machine is: what ends does so by an event, without a wait.
 */
const promisedMs = 2000

const ends = [
  ['disabled', ({ id }) => lab.app.call('PATCH', `/api/users/${id}`, { disabled: true })],
  ['made a viewer', ({ id }) => lab.app.call('PATCH', `/api/users/${id}`, { role: 'viewer' })],
  ['removed', ({ id }) => lab.app.call('DELETE', `/api/users/${id}`)],
  ['no longer granted it', ({ id, grant }) => lab.app.call('DELETE', `/api/users/${id}/grants/${grant}`)],
  ['signed out', ({ cookie }) => lab.app.call('DELETE', '/api/session', undefined, { cookie })],
] as const satisfies [string, (person: { id: string; grant: string; cookie: string }) => unknown][]

it.each(ends)('%s: every kind of stream is over within 2 s', async (name, end) => {
  const { origin } = lab.app
  // A second try meets what the first has left.
  const email = `${name.replaceAll(' ', '-')}-${randomUUID()}@example.com`
  const byGrant = name === 'no longer granted it'
  // A token is not the session's: who signs out leaves what their programs do.
  const hasToken = name !== 'signed out'
  const role = byGrant ? null : 'administrator'
  const made = await lab.app.call('POST', '/api/invitations', { name, email, role })
  const link = new URL((made.json as MadeLink).url).hash.slice(1)
  const joined = await lab.app.call('POST', '/api/join', { token: link, password }, { cookie: '' })
  const cookie = cookieOf(joined.headers)
  const { id } = ((await lab.app.call('GET', '/api/users')).json as People).users.find(
    (user) => user.email === email,
  ) as { id: string }
  const all = { kind: 'all' } as const
  const given = async () => {
    const everything = await makeRole(lab.app, 'Everything')
    return give(lab.app, { id }, { effect: 'allow', role: everything, hosts: all, containers: all })
  }
  const grant = byGrant ? (await given()).id : ''
  const headers = { cookie, origin }
  const script = 'dd if=/dev/zero of=/big bs=1 count=0 seek=3G; while :; do echo line; sleep 0.2; done'
  const containerId = await lab.run(engine, name.replaceAll(' ', '-'), script)
  const hostId = lab.hosts.get(engine) ?? ''
  const container = { hostId, containerId }
  const path = `/api/hosts/${hostId}/containers/${containerId}`

  const socket = async (where: string, hello: object, greeting: string) => {
    const opened = new WebSocket(`${origin.replace('http', 'ws')}${where}`, { headers })
    const texts: string[] = []
    opened.on('message', (data) => texts.push(String(data)))
    opened.on('open', () => opened.send(JSON.stringify(hello)))
    const closed = new Promise<number>((resolve) => opened.once('close', resolve))
    await expect.poll(() => texts.join('')).toContain(greeting)
    return { opened, closed }
  }
  const query = new URLSearchParams(container)
  const terminal = () =>
    socket(`/api/terminal?${query}`, { type: 'start', mode: 'exec', columns: 80, rows: 24 }, 'started')
  const sockets = {
    live: await socket('/api/live', following('fleet'), 'snapshot'),
    logs: await socket('/api/logs', { type: 'open', selection: { containers: [container] } }, '"line"'),
    'stats of the fleet': await socket('/api/live', following('stats'), '"fleet"'),
    'stats of a container': await socket(
      '/api/live',
      following('container-stats', { hostId, id: containerId }),
      '"history"',
    ),
    tasks: await socket('/api/live', following('tasks'), '"tasks":['),
    terminal: await terminal(),
  }
  // One that would neither take nor answer the close frame; what it types must not reach the shell any more.
  const paused = await terminal()
  paused.opened.pause()

  // Before the upload, for which Docker locks the container.
  const atGateway = hasToken ? await gatewayStreams(cookie, container) : {}

  // Nobody reads it, so it would stay open for ever.
  const download = await fetch(`${origin}${path}/export`, { headers })
  expect(download.status).toBe(200)
  const upload = request(`${origin}${path}/files?path=%2Ftmp%2F&name=up`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': 2 ** 30 },
  })
  const uploadOver = new Promise((resolve) => {
    upload.on('error', resolve)
    upload.on('response', (answer) => resolve(answer.statusCode))
  })
  upload.write(Buffer.alloc(65_536))
  const started = await lab.app.call('POST', '/api/containers/wait', { containers: [container] }, { cookie })
  expect(started.status).toBe(200)
  const task = started.json as Task
  await new Promise((resolve) => setTimeout(resolve, 300))

  expect((await end({ id, grant, cookie })).status).toBe(204)
  paused.opened.send(Buffer.from('touch /typed-afterwards\n'), { binary: true })
  const deadline = performance.now() + promisedMs
  const late = new Promise<string>((resolve) => setTimeout(resolve, promisedMs, 'goes on'))
  const isOver = (what: Promise<unknown>) =>
    Promise.race([
      what.then(
        () => 'over',
        () => 'over',
      ),
      late,
    ])
  const kinds = {
    ...Object.fromEntries(Object.entries(sockets).map(([kind, { closed }]) => [kind, closed])),
    ...atGateway,
    download: download.arrayBuffer(),
    upload: uploadOver,
  }
  const found = await Promise.all(
    Object.entries(kinds).map(async ([kind, what]) => [kind, await isOver(what)]),
  )
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 'over'])),
  )
  // It stays, and administrators see how it ended. Who only signs out leaves what they have begun to its end.
  const state = async () => ((await lab.app.call('GET', `/api/tasks/${task.id}`)).json as Task).state
  let ended = await state()
  while (ended === 'running' && performance.now() < deadline) ended = await state()
  expect(ended).toBe(hasToken ? 'cancelled' : 'running')
  const code = byGrant ? closeCodes.rightsChanged : closeCodes.signedOut
  for (const { closed } of Object.values(sockets)) expect(await closed).toBe(code)
  await expect(kinds.download).rejects.toThrow()
  expect(await uploadOver).not.toBe(204)
  paused.opened.resume()
  await paused.closed
  const changes = await engineCall<{ Path: string }[] | null>(
    labEngine(engine).localSocketPath,
    'GET',
    `/v1.41/containers/${containerId}/changes`,
  )
  expect(changes?.map((change) => change.Path)).not.toContain('/typed-afterwards')
})

/** A stream and an upgraded connection of a token of theirs, as they end. */
async function gatewayStreams(
  cookie: string,
  { hostId, containerId }: { hostId: string; containerId: string },
): Promise<Record<string, Promise<unknown>>> {
  const { permissions } = (await lab.app.call('GET', '/api/session', undefined, { cookie })).json as Session
  const input = {
    name: 'cli',
    hours: 1,
    permissions: permissions.filter((permission) => permission !== 'users.edit'),
  }
  const made = await lab.app.call('POST', '/api/account/tokens', input, { cookie })
  const headers = {
    authorization: `Bearer ${(made.json as MadeToken).token}`,
    'content-type': 'application/json',
  }
  const at = `${lab.app.origin}/h/${hostId}/v1.41`
  const logs = await fetch(`${at}/containers/${containerId}/logs?follow=1&stdout=1`, { headers })
  expect(logs.status).toBe(200)
  const exec = await fetch(`${at}/containers/${containerId}/exec`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ AttachStdin: true, AttachStdout: true, Cmd: ['cat'] }),
  })
  const { Id } = (await exec.json()) as { Id: string }
  const body = '{}'
  const upgrading = request(`${at}/exec/${Id}/start`, {
    method: 'POST',
    headers: { ...headers, connection: 'Upgrade', upgrade: 'tcp', 'content-length': body.length },
  })
  const upgraded = new Promise<IncomingMessage['socket']>((resolve, reject) => {
    upgrading.on('upgrade', (_answer, socket) => resolve(socket as IncomingMessage['socket']))
    upgrading.on('response', (answer) => reject(new Error(`Not upgraded: ${answer.statusCode}`)))
    upgrading.on('error', reject)
  })
  upgrading.end(body)
  const raw = await upgraded
  raw.on('error', () => {})
  raw.resume()
  return {
    // Cut, since it has no end: rejected before anybody may have asked for it.
    'gateway stream': logs.text().catch(() => 'cut'),
    'gateway upgrade': new Promise((resolve) => raw.once('close', resolve)),
  }
}
