import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pino from 'pino'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeCertificates } from '#e2e/lab/certificates.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { NewTotp, RecoveryCodes } from '#lib/contracts/sign-in.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type App, createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { totpCode, totpStep } from '../identity/totp.ts'
import { administrator, cookieOf } from '../testing/app-under-test.ts'
import { clientOfTests, startIdentityProvider, visitProvider } from '../testing/identity-provider.ts'
import { startSmallEngine } from '../testing/small-engine.ts'
import { softAuthenticator } from '../testing/soft-authenticator.ts'

const root = mkdtempSync(join(tmpdir(), 'roadstead-canary-'))
const data = join(root, 'data')
const open: (() => unknown)[] = []
let app: App
let origin = ''
let cookie = ''
let logged = ''
/** Bodies of every answer, those apart in which a secret is told this once. */
let said = ''
/** Without the redaction of the real one: nothing may even be handed to it. */
const log = pino(
  { level: 'trace' },
  new Writable({
    write(chunk, _encoding, done) {
      logged += chunk
      done()
    },
  }),
)

beforeAll(async () => {
  // The provider warns that it is for development, and of this Node.
  for (const level of ['info', 'warn'] as const) console[level] = () => {}
  const vera = { email: 'vera@example.com', email_verified: true, groups: ['staff'] }
  const provider = await startIdentityProvider({ vera })
  open.push(() => provider.close())
  const environment = { NODE_ENV: 'test' as const, ROADSTEAD_PORT: '0', ROADSTEAD_DATA: data }
  app = await createApp(readConfig({ ...provider.environment, ...environment }), log, { pages: false })
  origin = `http://localhost:${await app.listen()}`
  provider.serve(origin)
})
afterAll(async () => {
  for (const close of open.toReversed()) await close()
  await app?.close()
  rmSync(root, { recursive: true, force: true })
})

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(origin + path, {
    method,
    redirect: 'manual',
    headers: {
      origin,
      cookie,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}
const ask = async (...args: Parameters<typeof send>) => {
  const answer = await send(...args)
  said += `${args[0]} ${args[1].split('?', 1)[0]} ${answer.status} ${answer.text}\n`
  return answer
}

/** As it is, and as it may stand in JSON, a URL, an encoded body or a dump. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  // Base64 of a part within something depends on where it begins; the ends may be another's bits.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift === 0 ? 0 : shift + 1, -2),
  )
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...shifted,
    ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ]
}

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'secret.key')
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1')] as const)

it('no secret is in the database, its journal, the log, an answer, an error, an export or the audit log', async () => {
  const word = (name: string) => `canary-${name}"ü${randomBytes(9).toString('hex')}`
  const canaries: Record<string, string> = {
    'user password': word('user'),
    'wrong password': word('wrong'),
    'new password': word('new'),
    'SSH passphrase': word('ssh'),
    'registry password': word('registry'),
    'environment value': word('environment'),
    'token in a URL': `rst_${randomBytes(32).toString('base64url')}`,
  }
  const of = (name: string) => canaries[name] as string

  // People: set-up, a wrong sign-in, a changed password, a link, a token.
  const { name, email } = administrator
  canaries['set-up token'] = (await app.setup.token()) ?? ''
  await ask('POST', '/api/setup', { name, email, password: of('user password'), token: of('wrong password') })
  const first = await ask('POST', '/api/setup', {
    name,
    email,
    password: of('user password'),
    token: of('set-up token'),
  })
  expect(first.status).toBe(200)
  cookie = cookieOf(first.headers)
  canaries['session cookie'] = decodeURIComponent(cookie.split('=').slice(1).join('='))
  // The session's id is in the database; only with this is it a cookie.
  canaries['signature of the cookie'] = of('session cookie').split('.')[1] as string
  await ask('POST', '/api/session', { email, password: of('wrong password') })
  await ask('POST', '/api/account/password', {
    currentPassword: of('user password'),
    newPassword: of('new password'),
    revokeOthers: false,
  })
  const { token } = JSON.parse(
    (await send('POST', '/api/account/tokens', { name: 't', permissions: ['hosts.view'], hours: 1 })).text,
  ) as MadeToken
  canaries['API token'] = token
  const bearer = { authorization: `Bearer ${token}`, cookie: '' }
  expect((await ask('GET', '/api/hosts', undefined, bearer)).status).toBe(200)
  await ask('GET', '/api/session', undefined, bearer)
  const link = await send('POST', '/api/invitations', {
    name: 'Eve',
    email: 'eve@example.com',
    role: 'viewer',
  })
  canaries['invitation'] = /#([\w-]{30,})/.exec(link.text)?.[1] ?? ''
  await ask('POST', '/api/join/look', { token: of('invitation') })
  await ask('POST', '/api/join', { token: of('invitation'), password: 'short' })

  // An authenticator and its recovery codes, told once; and a sign-in in two steps, one wrong.
  const { secret } = JSON.parse((await send('POST', '/api/account/totp')).text) as NewTotp
  canaries['TOTP secret'] = secret
  const codes = await send('POST', '/api/account/totp/confirm', {
    code: totpCode(secret, totpStep(Date.now()) - 1),
  })
  for (const [index, code] of ((JSON.parse(codes.text) as RecoveryCodes).recoveryCodes ?? []).entries())
    canaries[`recovery code ${index}`] = code
  const half = await ask('POST', '/api/session', { email, password: of('new password') }, { cookie: '' })
  const ticket = cookieOf(half.headers)
  canaries['ticket of a sign-in'] = decodeURIComponent(ticket.split('=').slice(1).join('='))
  await ask('POST', '/api/session/code', { code: `${secret}x` }, { cookie: ticket })
  const whole = await ask('POST', '/api/session/code', { code: of('recovery code 0') }, { cookie: ticket })
  expect([half.status, whole.status]).toEqual([200, 200])

  // A passkey: what it is asked for, and what it answers, which nothing keeps.
  const device = softAuthenticator(origin)
  const asked = async (path: string, who: string) => {
    const answer = await send('POST', path, undefined, { cookie: who })
    const { options } = JSON.parse(answer.text) as { options: { challenge: string } }
    const got = cookieOf(answer.headers)
    canaries[`challenge of ${path}`] = options.challenge
    canaries[`ticket of ${path}`] = decodeURIComponent(got.split('=').slice(1).join('='))
    return { challenge: options.challenge, cookie: [who, got].filter(Boolean).join('; ') }
  }
  const make = await asked('/api/account/passkeys/options', cookie)
  const passkey = device.make(make.challenge)
  await ask('POST', '/api/account/passkeys', { name: ' ', passkey }, { cookie: make.cookie })
  const added = { name: 'Key', passkey }
  expect((await ask('POST', '/api/account/passkeys', added, { cookie: make.cookie })).status).toBe(200)
  expect((await ask('POST', '/api/account/passkeys', added, { cookie: make.cookie })).status).toBe(403)
  const use = await asked('/api/session/passkey/options', '')
  const wrong = { passkey: device.use(use.challenge, { origin: 'http://evil.test' }) }
  expect((await ask('POST', '/api/session/passkey', wrong, { cookie: use.cookie })).status).toBe(403)
  const again = await asked('/api/session/passkey/options', '')
  const right = { passkey: device.use(again.challenge) }
  expect((await ask('POST', '/api/session/passkey', right, { cookie: again.cookie })).status).toBe(200)

  // The identity provider: our secret there, and what its answer is good for, once right and once not.
  canaries['OIDC client secret'] = clientOfTests.secret
  for (const spoilt of [true, false]) {
    const begun = await send('POST', '/api/session/oidc/begin', undefined, { cookie: '' })
    const way = new URL((JSON.parse(begun.text) as { url: string }).url)
    const back = await visitProvider(way.href, 'vera')
    for (const key of ['state', 'nonce'])
      canaries[`${key} of a way ${spoilt}`] = way.searchParams.get(key) ?? ''
    canaries[`authorization code ${spoilt}`] = back.searchParams.get('code') ?? ''
    const got = cookieOf(begun.headers)
    canaries[`ticket of a way ${spoilt}`] = decodeURIComponent(got.split('=').slice(1).join('='))
    if (spoilt) back.searchParams.set('state', `${back.searchParams.get('state')}x`)
    const query = back.search.slice(1)
    const answer = await ask('POST', '/api/session/oidc', { query }, { cookie: got })
    expect(answer.status).toBe(spoilt ? 403 : 200)
  }

  // A token in the URL counts for nothing and is written down nowhere.
  for (const path of ['/api/hosts', '/api/containers', '/api/nowhere', '/api/live', '/h/tls/v1.41/version'])
    for (const key of ['token', 'access_token', 'api_key', 'authorization']) {
      const answer = await ask('GET', `${path}?${key}=${token}&x=${of('token in a URL')}`, undefined, {
        cookie: '',
      })
      // The gateway reads its path before it asks who it is.
      expect([path, answer.status]).toEqual([
        path,
        expect.toSatisfy((status) => status === 401 || status === 400),
      ])
    }

  // Hosts: TLS with a client key, SSH with a passphrase, one that answers.
  const tls = await makeCertificates(join(root, 'tls'), '127.0.0.1')
  const tlsKey = readFileSync(tls.clientKey, 'utf8')
  const sshKey = ssh2.utils.generateKeyPairSync('rsa', {
    bits: 2048,
    passphrase: of('SSH passphrase'),
    cipher: 'aes256-ctr',
    rounds: 1,
  }).private
  for (const [at, key] of Object.entries({ 'TLS key': tlsKey, 'SSH key': sshKey }))
    for (const [index, line] of key.split('\n').entries())
      if (line.length > 40) canaries[`${at}, line ${index}`] = line
  const engine = await startSmallEngine()
  open.push(() => engine.close())
  const tlsTransport = {
    kind: 'tls',
    host: '127.0.0.1',
    port: engine.port,
    key: tlsKey,
    ca: readFileSync(tls.ca, 'utf8'),
    cert: readFileSync(tls.clientCert, 'utf8'),
  }
  const sshTransport = {
    kind: 'ssh',
    host: '127.0.0.1',
    port: engine.port,
    username: 'ops',
    auth: 'key',
    privateKey: sshKey,
    passphrase: of('SSH passphrase'),
    hostKey: `SHA256:${'A'.repeat(43)}`,
  }
  const hosts: Host[] = []
  for (const [hostName, transport] of Object.entries({
    tls: tlsTransport,
    ssh: sshTransport,
    small: { kind: 'tcp', host: '127.0.0.1', port: engine.port },
  })) {
    const answer = await ask('POST', '/api/hosts', { name: hostName, transport })
    expect([hostName, answer.status, answer.text]).toEqual([hostName, 200, expect.anything()])
    hosts.push(JSON.parse(answer.text))
    await ask('POST', '/api/hosts', { name: hostName, transport })
    await ask('POST', '/api/hosts/test', { transport })
    await ask('POST', '/api/hosts/test', { transport: { ...transport, port: 1 } })
    await ask('POST', '/api/hosts', { name: `${hostName}-x`, transport: { ...transport, port: 0 } })
    await ask('POST', '/api/hosts', {
      name: `${hostName}-x`,
      transport: { ...transport, key: [tlsKey], privateKey: `${sshKey}x`, unknown: sshKey },
    })
  }
  const [, , small] = hosts as [Host, Host, Host]
  await ask('PATCH', `/api/hosts/${small.id}`, {
    transport: { ...sshTransport, passphrase: of('wrong password') },
  })
  const state = (id: string) => app.hosts.registry.get(id).state
  await expect.poll(() => state(small.id)).toBe('online')
  // Its own list would take away what is put below.
  await expect.poll(() => app.hosts.registry.get(small.id).syncedAt).not.toBeNull()

  // A registry whose account is used, and refused.
  const basic: string[] = []
  const registry = createServer((request, response) => {
    if (request.headers.authorization) basic.push(request.headers.authorization)
    response
      .writeHead(401, { 'www-authenticate': 'Basic realm="x"' })
      .end('{"errors":[{"code":"UNAUTHORIZED"}]}')
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  open.push(() => registry.close())
  const account = {
    address: `127.0.0.1:${(registry.address() as AddressInfo).port}`,
    scheme: 'http',
    insecure: true,
    username: 'ci',
    password: of('registry password'),
  }
  const stored = JSON.parse((await ask('POST', '/api/registries', account)).text) as { id: string }
  await ask('POST', '/api/registries/test', { ...account, registryId: stored.id })
  await ask('GET', `/api/registries/${stored.id}/repositories`)
  await ask('GET', `/api/registries/${stored.id}/tags?repository=a/b`)
  await ask('PUT', `/api/registries/${stored.id}`, { ...account, scheme: 'nonsense' })
  expect(basic.length).toBeGreaterThan(0)

  // A container whose environment is a secret, on a host that cannot make it.
  const container = { hostId: small.id, id: 'a'.repeat(64), name: 'web-1', state: 'running', labels: {} }
  app.live.fleet.put('containers', container as unknown as Container)
  const spec = {
    image: 'busybox:1',
    name: 'made',
    env: [{ name: 'PASSWORD', value: of('environment value') }],
  }
  const made = await ask('POST', '/api/containers', { hostIds: [small.id], spec })
  expect(made.status).toBe(200)
  const { id: taskId } = JSON.parse(made.text) as Task
  await expect
    .poll(async () => (JSON.parse((await ask('GET', `/api/tasks/${taskId}`)).text) as Task).state)
    .toBe('failed')
  await ask('POST', `/api/hosts/${small.id}/containers/${'a'.repeat(64)}/stop`, {})

  // Bodies that are none, with secrets where a parser tells what it met.
  for (const secret of Object.values(canaries).slice(0, 12)) {
    await ask('POST', '/api/session', secret)
    await ask('POST', '/api/session', `{"email":"a","password":"${secret}`)
    await ask('POST', '/api/session', { email: [secret], password: { [secret]: secret } })
    await ask('POST', '/api/hosts', secret, { 'content-type': `text/${encodeURIComponent(secret)}` })
  }

  // Everything that is read, by somebody who may.
  const ids: Record<string, string> = {
    ':registryId': stored.id,
    ':taskId': taskId,
    ':containerId': 'a'.repeat(64),
    ':imageId': `sha256:${'a'.repeat(64)}`,
  }
  let walked = 0
  for (const route of app.routes) {
    if (route.method !== 'GET') continue
    const walk = route.path.includes(':hostId') ? hosts.map(({ id }) => id) : ['']
    for (const id of walk) {
      const path = route.path.replace(':hostId', id).replaceAll(/:\w+/g, (key) => ids[key] ?? 'x')
      await ask('GET', path)
      walked++
    }
  }
  expect(walked).toBeGreaterThan(50)
  expect((await ask('GET', '/api/openapi.json')).status).toBe(200)
  const exported = await ask('GET', '/api/audit/export')
  expect(exported.text.split('\n').length).toBeGreaterThan(40)
  await ask('DELETE', `/api/hosts/${hosts[0]?.id}`)
  await ask('DELETE', '/api/session')

  const files = filesOf(data)
  expect(files.map(([file]) => file)).toEqual(expect.arrayContaining(['roadstead.db', 'roadstead.db-wal']))
  const places = new Map([...files, ['the log', logged], ['an answer', said]])
  // That the search sees what is there.
  const everything = [...places.values()].join('')
  for (const known of ['web-1', email, '"level":20', 'BEGIN CERTIFICATE']) expect(everything).toContain(known)
  expect(places.get('the log')).toContain('/api/registries/test')
  expect(Object.keys(canaries).length).toBeGreaterThan(40)
  const found: string[] = []
  for (const [secret, value] of Object.entries(canaries)) {
    expect([secret, value.length]).toEqual([secret, expect.toSatisfy((length: number) => length > 9)])
    for (const [place, text] of places)
      for (const form of forms(value)) if (text.includes(form)) found.push(`${secret} in ${place}`)
  }
  expect([...new Set(found)]).toEqual([])
}, 120_000)
