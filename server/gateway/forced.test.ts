import { request as ask, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AuditEntry, AuditPage } from '#lib/contracts/audit.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'
import { type Asked, byDashboard, byGateway, type Visitor, visitor } from '../testing/two-doors.ts'

// What a forced removal takes at an engine that breaks in the middle of it, and while others remove things of their own.

const image = `sha256:${'e'.repeat(64)}`
const pod = 'f'.repeat(64)
let test: AppUnderTest
let who: Visitor
let hostId = ''
const engine = await startRecordingEngine('podman')
const list = '/libpod/containers/json'

const row = (name: string, more: object = {}) => ({
  Id: Buffer.from(name).toString('hex').padEnd(64, '0'),
  Names: [name],
  Labels: {},
  Image: 'x:1',
  ImageID: 'a'.repeat(64),
  State: 'running',
  Status: '',
  ExitCode: 0,
  StartedAt: 0,
  ExitedAt: 0,
  Created: 1,
  ...more,
})
const ofImage = { ImageID: image }
const rows = [
  row('web', ofImage),
  row('web-2', ofImage),
  row('others'),
  row('wired', { Networks: ['net'] }),
  row('stored'),
  row('infra', { ...ofImage, Pod: pod }),
  row('in-pod', { Pod: pod }),
  row('ended', { State: 'exited' }),
]
let entries: AuditEntry[] = []

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const id = rows.find(({ Names }) => Names[0] === 'stored')?.Id
  // As large as no manifest list is, which Podman would be asked about.
  const listed = { Id: image, RepoTags: ['x:1'], Labels: {}, Size: 1e9, Created: 1 }
  const network = { name: 'net', id: '1'.repeat(64), driver: 'bridge', created: '2026-01-01T00:00:00Z' }
  Object.assign(engine.answers, {
    [list]: rows,
    '/containers/json': [{ Id: id }],
    '/libpod/images/json': [listed],
    '/images/json': [listed],
    '/images/x:1/json': { Id: image },
    [`/images/${image}/json`]: { Id: image },
    '/libpod/networks/json': [network],
    '/volumes': { Volumes: [{ Name: 'vol', Driver: 'local', CreatedAt: '2026-01-01T00:00:00Z' }] },
    '/libpod/pods/json': [
      {
        Id: pod,
        Name: 'pod',
        Status: 'Running',
        Created: '2026-01-01T00:00:00Z',
        Containers: [],
        Labels: {},
      },
    ],
  })
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  hostId = ((await test.call('POST', '/api/hosts', { name: 'podman', transport })).json as Host).id
  who = await visitor(test, test)
  await vi.waitFor(() => expect(test.app.live.fleet.get('images', hostId, image)).toBeDefined(), {
    timeout: 30_000,
  })
})
afterAll(async () => {
  await test?.close()
  engine.close()
})
beforeEach(() => {
  engine.answers[list] = rows
  for (const path of Object.keys(engine.scripts)) delete engine.scripts[path]
})

/** From now on these are not there. */
const remove = (...names: string[]) => {
  engine.answers[list] = rows.filter(({ Names: [name = ''] }) => !names.includes(name))
}
const outcomes = async () => {
  const { items } = (await test.call('GET', '/api/audit?limit=5')).json as AuditPage
  entries = items as AuditEntry[]
  return items.flatMap(({ result }) => (result ? [`${result.outcome}: ${result.summary}`] : []))
}
/** Past the server's own answer, which does not come: nothing else can on that connection. */
const say = (socket: IncomingMessage['socket']) =>
  socket.end(
    'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]',
  )
/** The engine breaks off, or answers nothing, in place of its answer to a removal. */
const at = (path: string, act: (request: IncomingMessage) => void) => {
  engine.scripts[path] = act
}

describe.each([
  ['dashboard', `/images/${image}`],
  ['gateway', '/images/x:1'],
] as const)('a forced removal at the %s', (door, path) => {
  const force = () =>
    door === 'dashboard'
      ? byDashboard(test, who, ['DELETE', `/api/hosts/${hostId}/images/${image}?force=true`])
      : byGateway(test, who, hostId, ['DELETE', '/images/x:1?force=1'])

  it('names what went with it, with the pod that it held together, and nothing that others removed', async () => {
    at(path, ({ socket }) => {
      remove('web', 'web-2', 'infra', 'in-pod', 'others')
      say(socket)
    })
    await force()
    await expect
      .poll(outcomes)
      .toContainEqual(expect.stringMatching(/^succeeded: .*gone with it: web, web-2, infra, in-pod$/))
  })

  it('names what went and what may have gone where the connection broke in the middle', async () => {
    at(path, ({ socket }) => {
      remove('web', 'others')
      socket.destroy()
    })
    await force()
    await expect
      .poll(outcomes)
      .toContainEqual(
        expect.stringMatching(
          /^unknown: .*gone with it: web; containers that may be gone with it: web-2, infra, in-pod$/,
        ),
      )
  })

  it('says that they may be gone where the engine tells nothing afterwards', async () => {
    at(path, ({ socket }) => {
      at(list, (request) => request.socket.destroy())
      socket.destroy()
    })
    await force()
    await expect
      .poll(outcomes)
      .toContainEqual(
        expect.stringMatching(
          /^unknown: .*[,;] containers that may be gone with it: web, web-2, infra, in-pod$/,
        ),
      )
  })

  it('is heard to its end where its client left', async () => {
    let answer = () => {}
    const arrived = new Promise<void>((resolve) =>
      at(path, ({ socket }) => {
        answer = () => {
          remove('web')
          say(socket)
        }
        resolve()
      }),
    )
    const [url, headers]: [string, Record<string, string>] =
      door === 'dashboard'
        ? [`/api/hosts/${hostId}/images/${image}?force=true`, { cookie: who.cookie, origin: test.origin }]
        : [`/h/${hostId}/images/x:1?force=1`, { authorization: `Bearer ${who.token}` }]
    const leaving = ask(test.origin + url, { method: 'DELETE', headers })
    leaving.on('error', () => {})
    leaving.end()
    await arrived
    leaving.destroy()
    // Not before the server knows that its client is away.
    await new Promise((resolve) => setTimeout(resolve, 50))
    answer()
    await expect.poll(outcomes).toContainEqual(expect.stringMatching(/^succeeded: .*gone with it: web$/))
  })
})

it.each([
  ['/libpod/networks/net?force=true', 'containers gone with it: wired'],
  ['/networks/net?force=true', 'containers gone with it: wired'],
  ['/libpod/volumes/vol?force=true', 'containers gone with it: stored'],
  ['/libpod/pods/pod?force=true', 'containers gone with it: infra, in-pod'],
  [`/libpod/pods/${pod.slice(0, 12)}?force=true`, 'containers gone with it: infra, in-pod'],
  ['/libpod/images/remove?images=x:1&force=true', 'containers gone with it: web, web-2, infra, in-pod'],
  // Which is for gateway.raw.
  [
    '/libpod/containers/web?depend=true',
    'containers gone meanwhile: web, web-2, others, wired, stored, infra, in-pod, ended',
  ],
])('DELETE %s: %s', async (path, words) => {
  await expectGone(['DELETE', path], words)
})

it('a prune names what had ended', async () => {
  await expectGone(['POST', '/libpod/containers/prune'], 'containers gone with it: ended')
})

it('more than the log has room for are counted', async () => {
  const many = Array.from({ length: 1000 }, (_, index) => row(`of-many-${index}`, ofImage))
  engine.answers[list] = many
  at('/images/x:1', ({ socket }) => {
    engine.answers[list] = []
    say(socket)
  })
  await byGateway(test, who, hostId, ['DELETE', '/images/x:1?force=1'])
  await expect
    .poll(outcomes)
    .toContainEqual(expect.stringMatching(/of-many-200, .*of-many-\d+ and \d{3} more$/))
})

async function expectGone(asked: Asked, words: string) {
  at((asked[1].split('?', 1)[0] ?? '').replace('/v1.41', ''), ({ socket }) => {
    remove(...rows.flatMap(({ Names }) => Names))
    say(socket)
  })
  await byGateway(test, who, hostId, asked)
  await expect.poll(outcomes).toContainEqual(expect.stringMatching(new RegExp(`^succeeded: .*; ${words}$`)))
  expect(entries[0]?.summary).toContain(asked[1].split('?', 1)[0])
}
