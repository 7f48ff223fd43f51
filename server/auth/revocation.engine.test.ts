import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import type { MadeLink, People } from '#lib/contracts/users.ts'
import { liveCloseCodes } from '#lib/live-protocol.ts'
import { cookieOf } from '../testing/app-under-test.ts'
import { type LogLab, startLogLab } from '../testing/log-lab.ts'
import { give, makeRole } from '../testing/people.ts'

const engine: EngineName = 'docker-unix'
const password = 'a long enough password'
let lab: LogLab
beforeAll(async () => {
  lab = await startLogLab('revoked', [engine])
})
afterAll(() => lab.close())

const ends = [
  ['disabled', (id: string) => lab.app.call('PATCH', `/api/users/${id}`, { disabled: true })],
  ['made a viewer', (id: string) => lab.app.call('PATCH', `/api/users/${id}`, { role: 'viewer' })],
  ['removed', (id: string) => lab.app.call('DELETE', `/api/users/${id}`)],
  [
    'no longer granted it',
    (id: string, grant: string) => lab.app.call('DELETE', `/api/users/${id}/grants/${grant}`),
  ],
] as const

it.each(ends)('%s: log socket, terminal, download, upload and task end', async (name, end) => {
  const { origin } = lab.app
  const email = `${name.replaceAll(' ', '-')}@example.com`
  const byGrant = name === 'no longer granted it'
  const role = byGrant ? null : 'administrator'
  const made = await lab.app.call('POST', '/api/invitations', { name, email, role })
  const token = new URL((made.json as MadeLink).url).hash.slice(1)
  const joined = await lab.app.call('POST', '/api/join', { token, password }, { cookie: '' })
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

  const socket = (where: string, hello: object) => {
    const opened = new WebSocket(`${origin.replace('http', 'ws')}${where}`, { headers })
    const texts: string[] = []
    opened.on('message', (data) => texts.push(String(data)))
    opened.on('open', () => opened.send(JSON.stringify(hello)))
    return { opened, texts, closed: new Promise<number>((resolve) => opened.once('close', resolve)) }
  }
  const logs = socket('/api/logs', { type: 'open', selection: { containers: [container] } })
  const query = new URLSearchParams(container)
  const start = { type: 'start', mode: 'exec', columns: 80, rows: 24 }
  const terminal = socket(`/api/terminal?${query}`, start)
  await expect.poll(() => logs.texts.join('')).toContain('"line"')
  await expect.poll(() => terminal.texts.join('')).toContain('started')
  // One that would neither take nor answer the close frame; what it types must not reach the shell any more.
  terminal.opened.pause()

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

  expect((await end(id, grant)).status).toBe(204)
  terminal.opened.send(Buffer.from('touch /typed-afterwards\n'), { binary: true })
  expect(await logs.closed).toBe(byGrant ? liveCloseCodes.rightsChanged : liveCloseCodes.signedOut)
  terminal.opened.resume()
  await terminal.closed
  await expect(download.arrayBuffer()).rejects.toThrow()
  expect(await uploadOver).not.toBe(204)
  // It stays, and administrators see how it ended.
  await expect
    .poll(async () => ((await lab.app.call('GET', `/api/tasks/${task.id}`)).json as Task).state)
    .toBe('cancelled')
  const changes = await engineCall<{ Path: string }[] | null>(
    labEngine(engine).localSocketPath,
    'GET',
    `/v1.41/containers/${containerId}/changes`,
  )
  expect(changes?.map((change) => change.Path)).not.toContain('/typed-afterwards')
})
