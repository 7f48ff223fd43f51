import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import { type Permission, permissions, rolePermissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addHosts } from '../testing/lab-hosts.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

const id = 'd'.repeat(64)
const image = 'e'.repeat(64)
const flavours = ['docker', 'podman'] as const
const engines = new Map<string, Awaited<ReturnType<typeof startRecordingEngine>>>()
let test: AppUnderTest
let raw: string
let operator: string

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const flavour of flavours) {
    const engine = await startRecordingEngine(flavour)
    engines.set(flavour, engine)
    const container = { Id: id, Name: '/db', Config: { Labels: {} }, HostConfig: {}, Mounts: [] }
    Object.assign(engine.answers, {
      '/networks': [
        { Id: id, Name: 'a/b' },
        { Id: id, Name: 'up/../down' },
        { Id: id, Name: 'twice/x' },
        { Id: image, Name: 'twice/x' },
      ],
      '/containers/app/db/json': container,
      [`/containers/${id}/json`]: container,
      '/libpod/images/team/app:1/json': { Id: image },
    })
    engine.missing.add('/containers/app/no/json')
    engine.missing.add('/libpod/images/team/no:1/json')
  }
  await addHosts(
    test,
    [...engines].map(([name, { port }]) => ({ name, transport: { kind: 'tcp', host: '127.0.0.1', port } })),
  )
  const made = async (given: readonly Permission[]) => {
    const named = given.filter((name) => name !== 'users.edit')
    const body = { name: 'names', permissions: named, hours: 1 }
    return ((await test.call('POST', '/api/account/tokens', body)).json as MadeToken).token
  }
  raw = await made(permissions)
  operator = await made(rolePermissions.operator)
})
afterAll(async () => {
  await test?.close()
  for (const engine of engines.values()) engine.close()
})

/** What the engine heard of it, with what it was looked up by, and the answer. */
async function ask(flavour: string, line: string, token = raw) {
  const engine = engines.get(flavour)
  const before = engine?.recorded.length ?? 0
  const [method = '', path = ''] = line.split(' ')
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${test.origin}/h/${flavour}/v1.30${path}`, { method, headers })
  const text = await answer.text()
  const own = (heard: string) =>
    heard.includes('/v1.30/') || / \/(?:networks|containers\/app|libpod\/images\/team)/.test(heard)
  const heard = engine?.recorded.slice(before).map((each) => each.line) ?? []
  return { status: answer.status, text, heard: heard.filter(own) }
}

it.each([
  ['GET /networks/a%2Fb', ['GET /networks', `GET /v1.30/networks/${id}`]],
  ['DELETE /networks/a%2fb', ['GET /networks', `DELETE /v1.30/networks/${id}`]],
  ['POST /networks/a%2Fb/connect', ['GET /networks', `POST /v1.30/networks/${id}/connect`]],
  [
    'GET /containers/app/db/logs?stdout=1&until=1',
    ['GET /containers/app/db/json', `GET /v1.30/containers/${id}/logs?stdout=1&until=1`],
  ],
  ['POST /containers/app/db/start', ['GET /containers/app/db/json', `POST /v1.30/containers/${id}/start`]],
  ['GET /containers//app/json', ['GET /v1.30/containers/app/json']],
])('%s reaches an engine by the id of what it names', async (line, heard) => {
  const engine = engines.get('docker')
  if (engine) engine.streams[`/containers/${id}/logs`] = ''
  expect(await ask('docker', line)).toMatchObject({ status: 200, heard })
})

it.each([
  ['GET /networks/no%2Fnet', ['GET /networks'], 'network no/net not found'],
  ['GET /networks/a%252Fb', ['GET /networks'], 'network a%2Fb not found'],
  ['DELETE /networks/twice%2Fx', ['GET /networks'], '2 of that name'],
  ['GET /containers/app/no/json', ['GET /containers/app/no/json'], 'No such container: app/no'],
])('%s is not there, and nothing else is heard', async (line, heard, words) => {
  expect(await ask('docker', line)).toMatchObject({
    status: 404,
    heard,
    text: expect.stringContaining(words),
  })
})

it.each(['GET /networks/up%2F..%2Fdown', 'DELETE /networks/up%5C..%5Cdown', 'GET /containers/app%2Fdb/json'])(
  '%s could be read in two ways',
  async (line) => {
    expect(await ask('docker', line)).toMatchObject({ status: 400, heard: [] })
  },
)

it('asks an engine for no name of what somebody may not have', async () => {
  expect(await ask('docker', 'DELETE /networks/a%2Fb', operator)).toMatchObject({ status: 403, heard: [] })
  expect(await ask('docker', 'GET /containers/app/db/checkpoints', operator)).toMatchObject({ heard: [] })
})

it.each([
  ['team%2Fapp:1', `GET /v1.30/libpod/images/${image}/changes?diffType=image`],
  ['team%2Fno:1', 'GET /v1.30/libpod/images/team/no:1/changes?diffType=image'],
])(
  'what changed in the image %s is asked for by its id, though podman asks as for a container',
  async (name, line) => {
    const { heard } = await ask('podman', `GET /libpod/containers/${name}/changes?diffType=image`)
    expect(heard.at(-1)).toBe(line)
  },
)

it('tells of a wrong method as the engine does, and not of what is for gateway.raw', async () => {
  expect((await ask('podman', 'PUT /images/json', operator)).status).toBe(405)
  expect((await ask('podman', 'PUT /libpod/manifests/x/json', operator)).status).toBe(404)
  expect((await ask('docker', 'PUT /images/json', operator)).status).toBe(404)
})

it("tells a secret's value only to who may reveal", async () => {
  const given = permissions.filter((name) => name !== 'users.edit' && name !== 'containers.reveal')
  const body = { name: 'blind', permissions: given, hours: 1 }
  const { token } = (await test.call('POST', '/api/account/tokens', body)).json as MadeToken
  const path = 'GET /libpod/secrets/x/json'
  expect((await ask('podman', path, token)).status).toBe(200)
  expect((await ask('podman', `${path}?showsecret=false`, token)).status).toBe(200)
  expect(await ask('podman', `${path}?ShowSecret=1`, token)).toMatchObject({ status: 403, heard: [] })
  expect((await ask('podman', `${path}?showsecret=true`)).status).toBe(200)
})

it('takes a document of 5 MiB, and says how long one may be', async () => {
  const send = (bytes: number) =>
    fetch(`${test.origin}/h/docker/v1.30/networks/create`, {
      method: 'POST',
      body: JSON.stringify({ Name: 'x', Labels: { a: 'x'.repeat(bytes) } }),
      headers: { authorization: `Bearer ${raw}`, 'content-type': 'application/json' },
    })
  expect((await send(5 * 1024 * 1024)).status).toBe(200)
  const refused = await send(9 * 1024 * 1024)
  expect([refused.status, await refused.text()]).toEqual([413, expect.stringContaining('8388608 bytes')])
})
