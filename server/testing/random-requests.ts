import type { GatewayEndpoint } from '../gateway/table.ts'
import { dockerEndpoints } from '../gateway/table-docker.ts'
import { libpodEndpoints } from '../gateway/table-libpod.ts'
import { rawEndpoints } from '../gateway/table-raw.ts'
import { evilBodies } from './evil-bodies.ts'

const commonRows = [...dockerEndpoints, ...libpodEndpoints]
export const rows = [...commonRows, ...rawEndpoints]
/** Ids of the container that somebody with a part sees, and of one that they do not. */
export const shop = 'a'.repeat(64)
export const hidden = 'b'.repeat(64)

interface Asker {
  token: string
  hosts: readonly { flavour: 'docker' | 'podman'; id: string }[]
}

/** Numbers from a seed (mulberry32). */
export function randomOf(start: number) {
  let state = start
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    chance: (share: number) => next() < share,
  }
}
type Random = ReturnType<typeof randomOf>

const ids = [
  'shop',
  shop,
  'aaaaaaaaaaaa',
  'hidden',
  hidden,
  'bbbbbbbbbbbb',
  'zz',
  '1',
  '2',
  'data',
  'nas',
  'my%20net',
]
const names = ['app', 'team/app:1', 'localhost:5000/a/b:2', `sha256:${shop}`, 'shop', 'hidden', 'a@sha256:1']
const bits = [
  '%2F',
  '%2f',
  '%2e%2e',
  '..',
  '.',
  '//',
  '/',
  '\\',
  '%5c',
  '%00',
  '%0d%0a',
  '%252e',
  '%',
  '%zz',
  ';a=b',
  '?',
  '&',
  '#',
  '=',
  ' ',
  '%20',
  '\u00e9',
  '%c0%af',
  'libpod/',
  '/v1.30',
  '/json',
  '/prune',
  '*',
  '~',
  ':',
  '@',
]
const values = [
  '1',
  '0',
  'true',
  '',
  'x',
  '../x',
  '-1',
  '{"name":["x"]}',
  '{"since":["hidden"]}',
  'shop',
  'hidden',
  shop,
  hidden,
  'a&b',
  '%',
  '\u0000',
]
const parameters = [
  'all',
  'limit',
  'fromSrc',
  'remote',
  'url',
  'ps_args',
  'privileged',
  'Privileged',
  'depend',
  'force',
  'name',
  'diffType',
  'diffType ',
  'DIFFTYPE',
  'parent',
  'container',
  'filters',
  'before',
  'since',
  't',
  'tlsVerify',
  'a',
]

/** One to three changes at random places. */
function mutate(text: string, random: Random): string {
  let changed = text
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(changed.length + 1)
    const [before, character = '', after] = [changed.slice(0, at), changed[at], changed.slice(at + 1)]
    changed = random.pick([
      () => before + random.pick(bits) + character + after,
      () => before + after,
      () => `${before}%${(character.codePointAt(0) ?? 47).toString(16).padStart(2, '0')}${after}`,
      () =>
        before +
        (character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase()) +
        after,
      () => before + character + character + after,
      () => before + before,
    ])()
  }
  return changed
}

function queryOf({ query = [], repeated = [] }: GatewayEndpoint, random: Random): string {
  const pairs: string[] = []
  while (random.chance(0.5) && pairs.length < 6) {
    const known = [...query, ...repeated]
    const name = known.length > 0 && random.chance(0.7) ? random.pick(known) : random.pick(parameters)
    const value = random.pick(values)
    pairs.push(
      `${random.chance(0.1) ? mutate(name, random) : name}=${random.chance(0.9) ? encodeURIComponent(value) : value}`,
    )
  }
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

function bodyOf(row: GatewayEndpoint, random: Random): string {
  const body = random.pick([
    () => '',
    () => random.pick(evilBodies)[1],
    () => JSON.stringify({ Image: 'a', Cmd: ['sh'], HostConfig: { Binds: ['data:/d'] } }),
    () => JSON.stringify({ image: 'a', name: 'x', command: ['sh'] }),
    () =>
      JSON.stringify(
        row.policy === 'exec' ? { Cmd: ['sh'], Privileged: random.chance(0.3) } : { Detach: true },
      ),
    () => '{"Memory":1,"memory":2}',
  ])()
  return random.chance(0.2) ? mutate(body, random) : body
}

/** A request as bytes: a row of the table, and something about it that is wrong more often than not. */
export function requestOf({ token, hosts }: Asker, random: Random): string {
  const { flavour, id } = random.pick(hosts)
  // Few of those that only one of the senders has.
  const pool = random.chance(0.1) ? rawEndpoints : commonRows
  const row = random.pick(
    random.chance(0.8) ? pool.filter((each) => !each.flavour || each.flavour === flavour) : pool,
  )
  const methods = [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'get',
    'CONNECT',
  ]
  const method = random.chance(0.9) ? row.method : random.pick(methods)
  const template = row.path.replaceAll('{id}', () => random.pick(ids)).replace('{name}', random.pick(names))
  const path = `/v1.30${template}`
  const target = `/h/${id}${random.chance(0.4) ? mutate(path, random) : path}${queryOf(row, random)}`
  const fields = ['Host: localhost', `Authorization: Bearer ${token}`]
  const body = bodyOf(row, random)
  const type = random.pick([
    'application/json',
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
  ])
  const more = [
    'X-Registry-Auth: e30=',
    'X-Registry-Auth:',
    'X-Registry-Auth: {}',
    'Expect: 100-continue',
    'Cookie: a=b',
    'Transfer-Encoding: chunked',
    'X-Forwarded-Host: evil.test',
    'X-HTTP-Method-Override: DELETE',
    'Via: x',
    'Roadstead-Host: x',
    'Content-Length: 3',
    'Content-Encoding: gzip',
    'X-Evil: 1',
    'Connection: keep-alive',
  ]
  if (row.hijack && random.chance(0.6)) fields.push('Connection: Upgrade', `Upgrade: ${row.hijack}`)
  else fields.push('Connection: close')
  if (body !== '')
    fields.push(`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`)
  while (random.chance(0.25)) fields.push(random.pick(more))
  return `${method} ${target} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body}`
}
