import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MadeToken, Session } from '#lib/contracts/account.ts'
import { type Permission, rolePermissions } from '#lib/permissions.ts'
import { readDockerCreate } from '../create-policy/docker.ts'
import { parseOnce } from '../create-policy/exact-json.ts'
import { readLibpodCreate } from '../create-policy/libpod.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addHosts } from '../testing/lab-hosts.ts'
import { give, join, makeRole, type Somebody } from '../testing/people.ts'
import { hidden, randomOf, requestOf, rows, shop } from '../testing/random-requests.ts'
import { type Recorded, startRecordingEngine } from '../testing/recording-engine.ts'
import { policies } from './table.ts'

/** `npm run test:hard` sends many more; a run that failed is had again with its seed. */
const rounds = Number(process.env.ROADSTEAD_FUZZ_ROUNDS ?? 120)
const seed = Number(process.env.ROADSTEAD_FUZZ_SEED ?? 20)
const atOnce = 24
/** Milliseconds: many rounds take longer than a test may by default. */
const deadlineMs = 120_000 + rounds * 100

const flavours = ['docker', 'podman'] as const

interface Sender {
  name: string
  token: string
  permissions: ReadonlySet<Permission>
  /** Sees one container, and has that one alone. */
  inPart: boolean
  hosts: { flavour: (typeof flavours)[number]; id: string; recorded: Recorded[] }[]
}

let test: AppUnderTest
const engines: Awaited<ReturnType<typeof startRecordingEngine>>[] = []
const senders: Sender[] = []

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const all = [...rolePermissions.administrator].filter((name) => name !== 'users.edit')
  const part = await join(test, 'part', null)
  const everything = await makeRole(test, 'Everything')
  const inspected = (Id: string, Name: string, Labels: object) => ({
    Id,
    Name: `/${Name}`,
    Config: { Labels },
    HostConfig: { NetworkMode: 'bridge' },
    Mounts: [],
  })
  const people: [name: string, permissions: readonly Permission[], who: Pick<Somebody, 'call'>][] = [
    ['administrator', all, test],
    ['operator', rolePermissions.operator, test],
    [
      'typist',
      [...rolePermissions.viewer, 'containers.exec', 'containers.create', 'containers.update'],
      test,
    ],
    ['part', all, part],
  ]
  for (const [name, permissions, who] of people) {
    const hosts: Sender['hosts'] = []
    for (const flavour of flavours) {
      const engine = await startRecordingEngine(flavour)
      engines.push(engine)
      const [ours, theirs] = [inspected(shop, 'shop', { team: 'shop' }), inspected(hidden, 'hidden', {})]
      for (const given of ['shop', shop, 'aaaaaaaaaaaa']) engine.answers[`/containers/${given}/json`] = ours
      for (const given of ['hidden', hidden, 'bbbbbbbbbbbb'])
        engine.answers[`/containers/${given}/json`] = theirs
      for (const given of ['zz', 'zz%20', '.zz']) engine.missing.add(`/containers/${given}/json`)
      for (const [id, ContainerID] of [
        ['1', shop],
        ['2', hidden],
      ])
        engine.answers[`/exec/${id}/json`] = { ID: id, ContainerID, ProcessConfig: { privileged: false } }
      const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port } as const
      const host = `${name}-${flavour}`
      const ids = await addHosts(test, [{ name: host, transport }])
      hosts.push({ flavour, id: ids.get(host) ?? '', recorded: engine.recorded })
    }
    const containers = { kind: 'label', key: 'team', value: 'shop' } as const
    if (who === part)
      for (const { id: hostId } of hosts)
        await give(test, part, {
          effect: 'allow',
          role: everything,
          hosts: { kind: 'host', hostId },
          containers,
        })
    const session = (await who.call('GET', '/api/session')).json as Session
    const given = who === part ? session.permissions : permissions
    const made = await who.call('POST', '/api/account/tokens', { name, permissions: given, hours: 1 })
    const { token } = made.json as MadeToken
    expect(token, JSON.stringify(made.json)).toBeTypeOf('string')
    senders.push({ name, token, permissions: new Set(given), inPart: who === part, hosts })
  }
})
afterAll(async () => {
  await test?.close()
  for (const engine of engines) engine.close()
})

/** What comes back first; what goes on for ever is left. */
function send(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(test.origin).port), 'localhost')
    let answer = ''
    // A busy machine answers late, and what was left then has reached nothing.
    socket.setTimeout(1500, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
      if (answer.includes('\r\n\r\n') && !answer.startsWith('HTTP/1.1 100')) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    socket.write(bytes, 'latin1')
  })
}

/** A network's, escaped: no separator, no dot segment, no second layer of escapes. */
const anyName = "((?!\\.{1,2}(?:/|$))(?:[\\w.:~!*'()-]|%(?!2F|5C|25|[01][0-9A-F]|7F)[0-9A-F]{2})+)"
/** Written apart from what the gateway matches with: the templates as expressions. */
const matchers = rows.map((row) => ({
  row,
  path: new RegExp(
    `^${row.path
      .replace(/(?<=\/(?:networks|volumes)\/)\{id\}/, anyName)
      .replaceAll('{id}', '([a-zA-Z0-9][\\w.-]*)')
      .replace('{name}', '((?:[a-zA-Z0-9][\\w.:@-]*)(?:/[a-zA-Z0-9][\\w.:@-]*)*)')}$`,
  ),
}))
const ourHeaders =
  /^(?:host|connection|content-length|content-type|transfer-encoding|upgrade|x-registry-auth|x-registry-config)$/

/** Why a request should not have reached an engine; null for none. */
function faultOf({ line, headers, body }: Recorded, sender: Sender, flavour: string): string | null {
  const [, method, path = '', search = ''] =
    /^(\S+) (?:\/v\d+(?:\.\d+){0,2})?([^?\s]*)(\?\S*)?/.exec(line) ?? []
  const found = matchers.filter(({ row, path: is }) => row.method === method && is.test(path))
  const fitting = found.filter(({ row }) => !row.flavour || row.flavour === flavour)
  if (fitting.length === 0) return 'is no row of the table'
  const may = (permission: Permission) => sender.permissions.has(permission)
  // Where two templates fit, the first is meant.
  const { row, path: is } = fitting[0] as (typeof matchers)[number]
  if (!may('gateway.use') || !may(row.permission)) return `needs ${row.permission}`
  const isRaw = may('gateway.raw') && !sender.inPart
  if (row.raw && !isRaw) return 'needs gateway.raw'
  const known = [...(row.query ?? []), ...(row.repeated ?? []), ...Object.keys(row.fixed ?? {})]
  if (row.verifies && !isRaw && /[?&]tlsVerify=true(?:&|$)/.test(search)) known.push('tlsVerify')
  const given = [...new URLSearchParams(search)].map(([name]) => name)
  for (const name of given) {
    if (!known.includes(name) && (!isRaw || known.some((each) => each.toLowerCase() === name.toLowerCase())))
      return `has the parameter ${name}`
    if (
      known.includes(name) &&
      !row.repeated?.includes(name) &&
      given.filter((each) => each === name).length > 1
    )
      return `has ${name} twice`
  }
  const foreign = Object.keys(headers).find((name) => !ourHeaders.test(name))
  if (foreign) return `has the header ${foreign}`
  if (!row.body && body !== '' && !body.startsWith('body ')) return 'has a body'
  const isOfContainer = /^(?:\/libpod)?\/containers\/\{id\}/.test(row.path)
  if (sender.inPart && isOfContainer && is.exec(path)?.[1] !== shop) return 'is of another container'
  if (sender.inPart && row.names && new URLSearchParams(search).get(row.names) !== shop)
    return 'is of another container'
  if (sender.inPart && row.path.includes('/exec/{id}') && is.exec(path)?.[1] !== '1')
    return 'is of another exec'
  if (
    sender.inPart &&
    /^(?:images|volumes|networks|pods)\.|^containers\.(?:create|prune)/.test(row.permission)
  )
    return 'is about the host as a whole'
  if (row.policy && !isRaw && !headers.upgrade) {
    const value = parseOnce(body)
    const read =
      row.policy === 'create'
        ? readDockerCreate(value).body
        : row.policy === 'createLibpod'
          ? readLibpodCreate(value).body
          : policies[row.policy]?.(value, '')
    if (JSON.stringify(read) !== body) return 'has a body that is not the one that was read'
  }
  return null
}

it(
  `${rounds} requests of any shape (seed ${seed}) for each of several people: engines hear rows of the table that are permitted`,
  async () => {
    const random = randomOf(seed)
    const internal: string[] = []
    for (const sender of senders) {
      const requests = Array.from({ length: rounds }, () => requestOf(sender, random))
      const work = async () => {
        for (let bytes = requests.pop(); bytes !== undefined; bytes = requests.pop()) {
          const answer = await send(bytes)
          if (answer.startsWith('HTTP/1.1 500')) internal.push(bytes)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
    }
    expect(internal).toEqual([])
    const faults: string[] = []
    for (const sender of senders) {
      let reached = 0
      for (const { flavour, recorded } of sender.hosts)
        for (const each of recorded) {
          // The dashboard itself, and the question which container is meant, speak one version or none, and change nothing.
          if (/^(?:GET|HEAD) \/(?:v1\.48\/|v4\.0\.0\/libpod\/|(?!v\d))/.test(each.line)) continue
          reached++
          const fault = faultOf(each, sender, flavour)
          if (fault !== null) faults.push(`${sender.name} at ${flavour}: ${each.line} ${fault}`)
        }
      // Not for want of requests that are in order.
      expect(reached, sender.name).toBeGreaterThan(rounds / 60)
    }
    expect(faults).toEqual([])
  },
  deadlineMs,
)
