import { afterAll, beforeAll, expect } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { itAt } from '../testing/it-at.ts'
import { type LogLab, startLogLab } from '../testing/log-lab.ts'
import { give, join, makeRole } from '../testing/people.ts'

const engines: readonly EngineName[] = ['docker-unix', 'podman5-tcp']
let lab: LogLab
let token: string
beforeAll(async () => {
  lab = await startLogLab('execs', engines)
  const pat = await join(lab.app, 'pat', null)
  const permissions = ['containers.exec', 'gateway.use'] as const
  const role = await makeRole(lab.app, 'Typist', permissions)
  const containers = { kind: 'name', pattern: `${lab.prefix}-mine` } as const
  await give(lab.app, pat, { effect: 'allow', role, hosts: { kind: 'all' }, containers })
  const input = { name: 'cli', hours: 1, permissions: [...permissions, 'containers.view', 'hosts.view'] }
  token = ((await pat.call('POST', '/api/account/tokens', input)).json as MadeToken).token
})
afterAll(() => lab.close())

itAt(engines)('an exec is for who may type in its container, by every call', async (engine) => {
  const script = 'trap "exit 0" TERM; sleep 600 & wait'
  const [mine, theirs] = [await lab.run(engine, 'mine', script), await lab.run(engine, 'theirs', script)]
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${lab.app.origin}/h/${lab.hosts.get(engine)}/v1.41${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, text: await answer.text() }
  }
  const exec = { AttachStdout: true, Cmd: ['echo', 'typed'] }
  const made = await ask('POST', `/containers/${mine}/exec`, exec)
  expect(made).toEqual({ status: 201, text: expect.stringContaining('Id') })
  const { Id } = JSON.parse(made.text) as { Id: string }
  const started = await ask('POST', `/exec/${Id}/start`, { Detach: false, Tty: false })
  expect(started).toEqual({ status: 200, text: expect.stringContaining('typed') })
  const told = await ask('GET', `/exec/${Id}/json`)
  expect(JSON.parse(told.text)).toMatchObject({ ID: Id, ContainerID: mine })

  expect((await ask('POST', `/containers/${theirs}/exec`, exec)).status).toBe(404)
  const { Id: other } = await engineCall<{ Id: string }>(
    ...([labEngine(engine).localSocketPath, 'POST', `/v1.41/containers/${theirs}/exec`, exec] as const),
  )
  const none = 'f'.repeat(64)
  for (const [method, path, body] of [
    ['POST', 'start', { Detach: false, Tty: false }],
    ['POST', 'resize?h=1&w=1'],
    ['GET', 'json'],
  ] as const) {
    const of = async (id: string) => {
      const { status, text } = await ask(method, `/exec/${id}/${path}`, body)
      return { status, text: text.replaceAll(id, 'ID') }
    }
    const absent = await of(none)
    expect(absent.status).toBe(404)
    expect(await of(other)).toEqual(absent)
    expect(await of(other.slice(0, 12))).toEqual(absent)
  }
})
