import { spawn } from 'node:child_process'
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates } from '#e2e/lab/certificates.ts'
import { engineRequest } from '#e2e/lab/engine-http.ts'
import { run, until } from '#e2e/lab/run.ts'
import { labEngine, labRegistry, requireLab } from '#e2e/lab/state.ts'
import type { Registry } from '#lib/contracts/registries.ts'
import type { Updates } from '#lib/contracts/updates.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { labTransport } from '../../testing/lab-hosts.ts'
import { createRegistryClient } from './client.ts'
import { readManifest } from './manifest.ts'

const prefix = `test-${randomUUID().slice(0, 8)}`
const archive = () => `docker-archive:${join(requireLab().folder, 'images.tar')}`
const account = () => `${labRegistry('private').username}:${labRegistry('private').password}`

async function push(image: string, target: string, ...options: string[]): Promise<void> {
  await run('skopeo', [
    'copy',
    '--quiet',
    '--dest-tls-verify=false',
    ...options,
    `${archive()}:${image}`,
    `docker://${target}`,
  ])
}

let test: AppUnderTest
beforeAll(async () => {
  for (const tag of ['1', '2', '3'])
    await push('lab.internal/web:1.0', `${labRegistry('open').address}/${prefix}/web:${tag}`)
  const closed = `${labRegistry('private').address}/${prefix}/web:1`
  await push('lab.internal/web:2.0', closed, '--dest-creds', account())
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

const code = (answer: { json: unknown }) => (answer.json as { error: { code: string } }).error.code
const privateInput = () => {
  const { address, caPath, username, password } = labRegistry('private')
  return { address, ca: readFileSync(caPath as string, 'utf8'), username, password }
}

describe('a real registry', () => {
  it('is browsed: repositories and tags by pages, and what a tag holds', async () => {
    const { address, scheme } = labRegistry('open')
    const added = await test.call('POST', '/api/registries', { address, scheme })
    const { id } = added.json as Registry
    const path = `/api/registries/${id}`
    const seen: string[] = []
    for (let last: string | null = ''; last !== null; ) {
      const query = new URLSearchParams({ n: '2', ...(last ? { last } : {}) })
      const page = (await test.call('GET', `${path}/repositories?${query}`)).json as {
        items: string[]
        next: string | null
      }
      seen.push(...page.items)
      last = page.next
    }
    expect(seen).toContain(`${prefix}/web`)
    expect(new Set(seen).size).toBe(seen.length)
    const found = await test.call('GET', `${path}/search?term=${prefix.toUpperCase()}`)
    expect(found.json).toMatchObject({ matches: [{ name: `${address}/${prefix}/web` }], isWhole: true })
    expect((await test.call('GET', `${path}/search?term=no-such-thing`)).json).toMatchObject({ matches: [] })
    const tags = await test.call('GET', `${path}/tags?repository=${prefix}/web`)
    expect((tags.json as { items: string[] }).items.toSorted()).toEqual(['1', '2', '3'])

    const manifest = await test.call('GET', `${path}/manifest?repository=${prefix}/web&reference=1`)
    const told = JSON.parse(
      (await run('skopeo', ['inspect', '--tls-verify=false', `docker://${address}/${prefix}/web:1`])).stdout,
    ) as { Digest: string; Layers: string[]; Architecture: string }
    expect(manifest.json).toMatchObject({
      digest: told.Digest,
      images: [{ platform: `linux/${told.Architecture}`, layers: told.Layers.map((digest) => ({ digest })) }],
    })
    for (const [query, expected] of [
      [`repository=${prefix}/nothing&reference=1`, 'repository_not_found'],
      [`repository=${prefix}/web&reference=nothing`, 'repository_not_found'],
      [`repository=../x&reference=1`, 'invalid_input'],
      [`repository=x&reference=..%2f..`, 'invalid_input'],
    ] as const)
      expect(code(await test.call('GET', `${path}/manifest?${query}`))).toBe(expected)
    const gone = await test.call('GET', `${path}/tags?repository=${prefix}/nothing`)
    expect(code(gone)).toBe('repository_not_found')
    expect((await test.call('DELETE', path)).status).toBe(204)
    expect(code(await test.call('GET', `${path}/repositories`))).toBe('registry_not_found')
  })

  it('with a password says what is wrong with the account, and never shows the password', async () => {
    const input = privateInput()
    const { password: _, ...withoutPassword } = input
    const anonymous = { address: input.address, ca: input.ca }
    expect(code(await test.call('POST', '/api/registries/test', anonymous))).toBe('registry_login_needed')
    expect(code(await test.call('POST', '/api/registries/test', { ...input, password: 'wrong' }))).toBe(
      'registry_login_refused',
    )
    expect(code(await test.call('POST', '/api/registries/test', { ...input, ca: undefined }))).toBe(
      'tls_untrusted',
    )
    const plain = { ...input, scheme: 'http' }
    expect(code(await test.call('POST', '/api/registries/test', plain))).toBe('registry_insecure')
    expect(code(await test.call('POST', '/api/registries/test', { ...plain, insecure: true }))).toBe(
      'not_a_registry',
    )
    expect((await test.call('POST', '/api/registries/test', input)).status).toBe(204)

    const added = await test.call('POST', '/api/registries', input)
    const { id } = added.json as Registry
    expect(added.json).toMatchObject({ hasPassword: true, username: input.username })
    expect(code(await test.call('POST', '/api/registries', input))).toBe('registry_address_taken')
    const tags = await test.call('GET', `/api/registries/${id}/tags?repository=${prefix}/web`)
    expect((tags.json as { items: string[] }).items).toEqual(['1'])
    // The stored password serves its own address and account, and no other.
    const kept = await test.call('POST', '/api/registries/test', { ...withoutPassword, registryId: id })
    expect(kept.status).toBe(204)
    const elsewhere = { ...withoutPassword, username: 'other', registryId: id }
    expect(code(await test.call('POST', '/api/registries/test', elsewhere))).toBe('registry_login_refused')
    const edited = await test.call('PUT', `/api/registries/${id}`, { ...withoutPassword, username: 'other' })
    expect((edited.json as Registry).hasPassword).toBe(false)
    expect((await test.call('PUT', `/api/registries/${id}`, input)).status).toBe(200)

    const stored = await test.app.db.selectFrom('registries').selectAll().execute()
    const shown = await test.call('GET', '/api/registries')
    expect(JSON.stringify([stored, shown.json])).not.toContain(input.password)
  })

  it('gives an engine what it needs to pull, without logging it in', async () => {
    const { registries } = test.app
    const reference = `${labRegistry('private').address}/${prefix}/web`
    const { json } = await test.call('POST', '/api/hosts', {
      name: `${prefix}-given`,
      transport: labTransport('docker-unix'),
    })
    const hostId = (json as { id: string }).id
    const { auth } = await registries.accountFor(`${reference}:1`, hostId)
    const { localSocketPath } = labEngine('docker-unix')
    const pull = (headers: Record<string, string>) =>
      engineRequest(
        localSocketPath,
        'POST',
        `/v1.41/images/create?fromImage=${reference}&tag=1`,
        undefined,
        30_000,
        headers,
      )
    expect((await pull({})).text).not.toContain('Downloaded')
    expect((await pull({ 'x-registry-auth': auth ?? '' })).text).toContain('Downloaded newer image')
    expect((await pull({})).text).not.toContain('Downloaded')
    await engineRequest(localSocketPath, 'DELETE', `/v1.41/images/${reference}:1`)
    const none = { auth: undefined, isWithheld: false }
    expect(await registries.accountFor('unknown.example/x', hostId)).toEqual(none)
    const digest = await registries.remoteDigest(`${reference}:1`, AbortSignal.timeout(10_000))
    expect(digest).toMatch(/^sha256:/)
    expect(await registries.remoteDigest(`${reference}:none`, AbortSignal.timeout(10_000))).toBeNull()
  })
})

describe('newer images', () => {
  it('are found by digest, for every engine, without a pull', async () => {
    const own = await startApp()
    await own.setUp()
    const { address, scheme } = labRegistry('open')
    await own.call('POST', '/api/registries', { address, scheme })
    const reference = `${address}/${prefix}/moving:latest`
    await push('lab.internal/web:1.0', reference)
    const engines = (['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'] as const).map(labEngine)
    const at = (path: string, method = 'POST', body?: unknown) =>
      Promise.all(engines.map((engine) => engineRequest(engine.localSocketPath, method, path, body)))
    const [repository] = reference.split(/:(?=latest)/)
    await at(`/v1.41/images/create?fromImage=${repository}&tag=latest`)
    const name = `${prefix}-moving`
    await at(`/v1.41/containers/create?name=${name}`, 'POST', { Image: reference })
    try {
      for (const engine of engines)
        await own.call('POST', '/api/hosts', { name: engine.name, transport: labTransport(engine.name) })
      const hosts = async () =>
        ((await own.call('GET', `/api/containers?filter=name:${name}`)).json as { items: unknown[] }).items
      await expect.poll(async () => (await hosts()).length).toBe(engines.length)
      const check = async () => {
        await own.call('POST', '/api/updates/check')
        const read = async () => (await own.call('GET', '/api/updates')).json as Updates
        await expect.poll(async () => (await read()).remaining).toBe(0)
        await expect.poll(async () => (await read()).updates.length).toBeGreaterThan(0)
        return (await read()).updates.filter((update) => update.reference === reference)
      }
      expect((await check()).map((update) => update.state)).toEqual(['current'])
      await push('lab.internal/web:2.0', reference)
      const [newer] = await check()
      expect(newer).toMatchObject({ state: 'newer', remoteDigest: expect.stringMatching(/^sha256:/) })
    } finally {
      await at(`/v1.41/containers/${name}?force=1`, 'DELETE')
      await at(`/v1.41/images/${reference}`, 'DELETE')
      await own.close()
    }
  })
})

describe('a registry with tokens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-token-'))
  const closers: (() => void)[] = []
  let registry = ''
  const asked: { scope: string | null; authorization: string | undefined }[] = []
  afterAll(() => {
    for (const close of closers) close()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeAll(async () => {
    // docker-registry checks the signature of what our own token server gives, as it would check Docker Hub's.
    const tls = await makeCertificates(folder, '127.0.0.1')
    const issuer = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://token')
      const scope = url.searchParams.get('scope')
      asked.push({ scope, authorization: request.headers.authorization })
      const expected = `Basic ${Buffer.from('ada:sesame').toString('base64')}`
      if (request.headers.authorization !== expected) return response.writeHead(401).end('{}')
      const [type, name, actions] = (scope ?? '').split(':')
      const access = scope ? [{ type, name, actions: actions?.split(',') }] : []
      const now = Math.floor(Date.now() / 1000)
      const claims = {
        iss: 'token-server',
        aud: 'registry',
        exp: now + 300,
        nbf: now - 10,
        iat: now,
        sub: 'ada',
        jti: randomUUID(),
        access,
      }
      const x5c = [new X509Certificate(readFileSync(tls.serverCert)).raw.toString('base64')]
      const head = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'ES256', x5c })).toString('base64url')
      const body = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
      const key = { key: createPrivateKey(readFileSync(tls.serverKey)), dsaEncoding: 'ieee-p1363' } as const
      const token = `${body}.${sign('sha256', Buffer.from(body), key).toString('base64url')}`
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ token, expires_in: 300 }))
    })
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
    closers.push(() => issuer.close())
    const realm = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`
    const probe = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => probe.once('listening', resolve))
    registry = `127.0.0.1:${(probe.address() as AddressInfo).port}`
    await new Promise((resolve) => probe.close(resolve))
    const configuration = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(folder, 'store') } },
      http: { addr: registry, secret: 'x' },
      auth: { token: { realm, service: 'registry', issuer: 'token-server', rootcertbundle: tls.ca } },
    }
    writeFileSync(join(folder, 'registry.yml'), JSON.stringify(configuration))
    const child = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], { stdio: 'ignore' })
    closers.push(() => child.kill('SIGKILL'))
    const up = async () => (await fetch(`http://${registry}/v2/`)).status === 401
    await until('the registry to ask for a token', up, 10_000)
    await push('lab.internal/web:1.0', `${registry}/app:1`, '--dest-creds', 'ada:sesame')
  })

  it('is read with a token for each scope, asked for once', async () => {
    const endpoint = { address: registry, scheme: 'http', username: 'ada', password: 'sesame' } as const
    const client = createRegistryClient(endpoint)
    asked.length = 0
    await client.check()
    const found = await readManifest(client, 'app', '1')
    expect(found.images[0]?.layers.length).toBe(2)
    expect(await client.digestOf('app', '1')).toBe(found.digest)
    expect(await client.digestOf('app', 'none')).toBeNull()
    expect(await client.tags('app', { n: 10 })).toEqual({ items: ['1'], next: null })
    const scopes = asked.map(({ scope }) => scope)
    expect(scopes.filter((scope) => scope === 'repository:app:pull')).toHaveLength(1)
    await client.close()

    const stranger = createRegistryClient({ ...endpoint, password: 'wrong' })
    await expect(stranger.tags('app', { n: 10 })).rejects.toMatchObject({ code: 'registry_login_refused' })
    await stranger.close()
  })
})
