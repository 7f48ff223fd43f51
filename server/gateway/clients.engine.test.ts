import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { type Permission, permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { type DayClientName, DayWorkers, dayClients } from '../testing/client-days.ts'
import { type DayRow, dayKey, differencesOf, stepsOf, tableOf } from '../testing/day-table.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'
import { wholeTables } from '../testing/whole-tables.ts'

/** A client's day on an engine, and the codes other than 0 of what is refused there or said to fail, in turn. */
interface Day {
  client: DayClientName
  engine: EngineName
  codes: string
  /** What is known to be otherwise, and names no permission: for an operator, or for everybody. */
  because?: { of: 'operator' | 'everybody'; steps: RegExp; why: string }
}

/** Its own way out of a refusal (403 at /grpc, which it does not show): the first thing to go wrong there is shown. */
const ownBuilder = {
  of: 'operator',
  steps: /./,
  why: 'needs containers.unrestricted, which buildx does not tell: it turns to a builder of its own in a container, and pulls its image',
} as const
/** The gateway speaks no API older than 1.24, in which Docker told errors as bare text. */
const asDocument = {
  of: 'everybody',
  steps: /none:1/,
  why: 'the error comes as the document that it is since API 1.24',
} as const
/** Engines say 500, and Podman goes on with what it has read. */
const noJson = { of: 'everybody', steps: /NAME-d$/, why: 'what is no JSON is told as that, 400' } as const

/** `npm test` has the two shortest, one of Docker and one of Podman; the commands of people are in tools.engine.test.ts too. */
const allDays: Day[] = [
  { client: 'dockerode', engine: 'docker28-tcp', codes: '' },
  { client: 'dockerPy', engine: 'podman-unix', codes: '' },
  { client: 'curl', engine: 'docker-unix', codes: '', because: noJson },
  { client: 'curl', engine: 'docker28-tcp', codes: '', because: noJson },
  { client: 'curl', engine: 'podman-unix', codes: '', because: noJson },
  { client: 'curl', engine: 'podman5-tcp', codes: '', because: noJson },
  { client: 'skopeo', engine: 'docker-unix', codes: '1', because: asDocument },
  { client: 'skopeo', engine: 'podman-unix', codes: '1' },
  { client: 'buildah', engine: 'docker-unix', codes: '125', because: asDocument },
  { client: 'buildah', engine: 'podman5-tcp', codes: '125' },
  { client: 'podmanPy', engine: 'podman-unix', codes: '' },
  { client: 'podmanPy', engine: 'podman5-tcp', codes: '' },
  { client: 'podman5', engine: 'podman5-tcp', codes: '3 127 5 1 4 6 125 1 125 1 125 125' },
  { client: 'docker28', engine: 'docker28-tcp', codes: '3 127 5 4 5 1 1 1 1 1' },
  { client: 'compose2', engine: 'docker28-tcp', codes: '3' },
  { client: 'compose2', engine: 'podman5-tcp', codes: '3' },
  { client: 'podman4', engine: 'podman-unix', codes: '3 127 5 1 4 6 125 1 125 1 125 125' },
  { client: 'buildx', engine: 'docker-unix', codes: '1', because: ownBuilder },
  { client: 'buildx', engine: 'docker28-tcp', codes: '1', because: ownBuilder },
  { client: 'dockerPy', engine: 'docker-unix', codes: '' },
  { client: 'dockerode', engine: 'podman-unix', codes: '' },
  { client: 'compose1', engine: 'docker-unix', codes: '3 1' },
  { client: 'compose1', engine: 'podman-unix', codes: '3 1 1' },
  // Podman 4 has forgotten the code of what is removed at once, and cannot update.
  { client: 'docker20', engine: 'podman-unix', codes: '1 4 5 1 1 1 1 1' },
  { client: 'docker20', engine: 'docker-unix', codes: '3 127 5 4 5 1 1 1 1 1' },
  { client: 'docker28', engine: 'podman5-tcp', codes: '3 1 5 4 5 1 1 1 1 1' },
]
const days = wholeTables ? allDays : allDays.slice(0, 2)
const engines = [...new Set(days.map(({ engine }) => engine))]

/** What makes its holder root on a host, or is about people and settings, operators have not. */
const notOperators: readonly Permission[] = [
  ...(['users.edit', 'users.view', 'audit.view', 'hosts.edit', 'registries.edit'] as const),
  ...(['gateway.raw', 'containers.unrestricted', 'containers.reveal'] as const),
]
const roles: [name: string, permissions: readonly Permission[]][] = [
  ['administrator', permissions.filter((name) => name !== 'users.edit')],
  ['operator', permissions.filter((name) => !notOperators.includes(name))],
]
/** For people. What a run changes in it is seen by git. */
const page = join(import.meta.dirname, '../../docs/clients.md')

const mark = `day-${randomUUID().slice(0, 6)}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-clients-'))
const workers = new DayWorkers(folder, mark)
const tokens = new Map<string, string>()
const rows: DayRow[] = []
let test: AppUnderTest

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  await addLabHosts(test, engines)
  for (const [name, given] of roles) {
    const made = await test.call('POST', '/api/account/tokens', { name, hours: 4, permissions: given })
    tokens.set(name, (made.json as MadeToken).token)
  }
})
afterAll(async () => {
  workers.end()
  await test?.close()
  if (wholeTables) writeTable()
  // What a day that went wrong has left, or an operator may not remove.
  for (const engine of engines) await removeLeft(labEngine(engine).localSocketPath)
  rmSync(folder, { recursive: true, force: true })
})

// One day after the other: ten programs at once on one Podman wait for each other until they give up.
it.for(days)('$client has the same day on $engine as at its socket', { timeout: 600_000 }, async (day) => {
  const { client, engine, codes, because } = day
  const as = (role: string) => ({ origin: test.origin, token: tokens.get(role) ?? '', as: role })
  const [direct, administrators, operators] = await Promise.all([
    workers.work(client, engine, 'direct'),
    workers.work(client, engine, as('administrator')),
    workers.work(client, engine, as('operator')),
  ])
  const steps = stepsOf(direct)
  for (const [role, printed] of [
    ['administrator', administrators],
    ['operator', operators],
  ] as const) {
    const differences = differencesOf(
      steps,
      stepsOf(printed),
      because?.of === 'everybody' || because?.of === role ? because : undefined,
    )
    rows.push({ ...titlesOf(day, role), steps: steps.length, differences })
  }
  if (because?.of !== 'everybody') expect(administrators).toBe(direct)
  expect(direct).toMatch(/ended with 0$/)
  // Nothing else is refused, in both alike.
  expect([...direct.matchAll(/^= ([^0]\d*)$/gm)].map(([, code]) => code).join(' ')).toBe(codes)
  // Who is refused something is told the permission, and has all else, but for what the table has a reason for.
  const seen = rows.slice(-roles.length).flatMap(({ differences }) => differences)
  expect(seen.filter(({ why }) => typeof why === 'object' && 'direct' in why)).toEqual([])
})

/** What a row of the page is known by. */
function titlesOf({ client, engine }: Day, role: string) {
  const { kind, version } = labEngine(engine)
  const title = `${kind === 'docker' ? 'Docker' : 'Podman'} ${version.replace(/\+.*/, '')}`
  return { client: dayClients[client].title, engine: title, role }
}

/** Puts what was seen into the page, beside what this run did not come to (`-t` names one client). */
function writeTable(): void {
  const order = allDays.flatMap((day) => roles.map(([role]) => dayKey(titlesOf(day, role))))
  const before = readFileSync(page, 'utf8')
  writeFileSync(
    page,
    before.replace(/^\| Client [\s\S]*?(?=\n\n)/m, (table) => tableOf(rows, table, order)),
  )
}

/** Removes what the name begins with the mark of this run: containers first, which use the rest. */
async function removeLeft(socketPath: string): Promise<void> {
  const left = async <T>(path: string) =>
    engineCall<T>(
      socketPath,
      'GET',
      `/v1.41${path}filters=${encodeURIComponent(JSON.stringify({ name: [mark] }))}`,
    )
  const remove = (path: string) => engineCall(socketPath, 'DELETE', `/v1.41${path}`).catch(() => {})
  for (const { Id } of await left<{ Id: string }[]>('/containers/json?all=1&'))
    await remove(`/containers/${Id}?force=1&v=1`)
  for (const { Id } of await left<{ Id: string }[]>('/networks?')) await remove(`/networks/${Id}`)
  const { Volumes } = await left<{ Volumes: { Name: string }[] | null }>('/volumes?')
  for (const { Name } of Volumes ?? []) await remove(`/volumes/${Name}`)
  const images = await engineCall<{ RepoTags: string[] | null }[]>(socketPath, 'GET', '/v1.41/images/json')
  for (const tag of images.flatMap(({ RepoTags }) => RepoTags ?? []))
    if (tag.includes(mark)) await remove(`/images/${tag}?force=1`)
}
