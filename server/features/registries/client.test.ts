import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { makeCertificates } from '#e2e/lab/certificates.ts'
import { registryManifestSchema } from '#lib/contracts/registries.ts'
import { createRegistryClient } from './client.ts'
import { readManifest } from './manifest.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
async function registry(handler: Handler) {
  const address = await listen(createServer(handler))
  const client = createRegistryClient({ address, scheme: 'http', username: 'ada', password: 'sesame' })
  closers.push(() => client.close())
  return { address, client }
}

const index = 'application/vnd.oci.image.index.v1+json'
const image = 'application/vnd.oci.image.manifest.v1+json'
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const manifest = (body: object) => JSON.stringify({ schemaVersion: 2, ...body })
/** The same answer to everything. */
const answers =
  (status: number, headers: Record<string, string>, body = ''): Handler =>
  (_, response) => {
    response.writeHead(status, headers).end(body)
  }
const one = manifest({ mediaType: image, layers: [] })
const page = '<html><h1>Sign in to the hotel’s network</h1></html>'

describe('the digest of a tag', () => {
  it.each<[string, Handler, string | null]>([
    [
      'from the header',
      answers(200, { 'content-type': image, 'docker-content-digest': digestOf('x') }),
      digestOf('x'),
    ],
    [
      'by GET where HEAD is not allowed',
      ({ method }, response) =>
        method === 'HEAD'
          ? response.writeHead(405).end()
          : response.writeHead(200, { 'content-type': image }).end(one),
      digestOf(one),
    ],
    [
      'by GET where HEAD finds nothing',
      ({ method }, response) =>
        method === 'HEAD'
          ? response.writeHead(404).end()
          : response.writeHead(200, { 'content-type': image }).end(one),
      digestOf(one),
    ],
    ['from the body', answers(200, { 'content-type': image }, one), digestOf(one)],
    ['from a body that names its type', answers(200, { 'content-type': 'text/plain' }, one), digestOf(one)],
    [
      'none where there is no tag',
      answers(404, { 'content-type': 'application/json' }, '{"errors":[]}'),
      null,
    ],
    [
      'behind a redirect',
      (request, response) =>
        request.url === '/there'
          ? response.writeHead(200, { 'content-type': image }).end(one)
          : response.writeHead(307, { location: '/there' }).end('moved'),
      digestOf(one),
    ],
  ])('%s', async (_, handler, expected) => {
    const { client } = await registry(handler)
    expect(await client.digestOf('app', '1')).toBe(expected)
  })

  it.each<[string, Handler, string]>([
    ['an HTML page under a 200', answers(200, { 'content-type': 'text/html' }, page), 'not_a_registry'],
    [
      'an HTML page with a digest that a cache left',
      answers(200, { 'content-type': 'text/html', 'docker-content-digest': digestOf('x') }, page),
      'not_a_registry',
    ],
    ['an HTML page under a 404', answers(404, { 'content-type': 'text/html' }, page), 'not_a_registry'],
    ['HTML that is said to be a manifest', answers(200, { 'content-type': image }, page), 'not_a_registry'],
    [
      'an error under a 200',
      answers(200, { 'content-type': 'application/json' }, '{"errors":[{"code":"BUSY"}]}'),
      'not_a_registry',
    ],
    [
      'an error that is said to be a manifest',
      answers(200, { 'content-type': image }, '{"error":"busy"}'),
      'not_a_registry',
    ],
    ['nothing under a 204', answers(204, {}), 'not_a_registry'],
    [
      'a manifest with another digest',
      answers(200, { 'content-type': `${image}x`, 'docker-content-digest': digestOf('x') }, one),
      'not_a_registry',
    ],
    ['a redirect to nowhere', answers(307, { location: 'file:///etc/passwd' }), 'not_a_registry'],
    ['a redirect to itself', answers(307, { location: '?' }), 'not_a_registry'],
    ['a failure', answers(503, { 'content-type': 'text/html' }, page), 'registry_failed'],
    ['too many questions', answers(429, { 'retry-after': 'soon' }), 'registry_limited'],
    ['another protocol', (request) => request.socket.end('220 smtp ready\r\n'), 'not_a_registry'],
    ['a cut', (request) => request.socket.destroy(), 'connection_reset'],
  ])('is not %s', async (_, handler, code) => {
    const { address, client } = await registry(handler)
    await expect(client.digestOf('app', '1')).rejects.toMatchObject({ code })
    if (code === 'not_a_registry')
      await expect(client.digestOf('app', '1')).rejects.toMatchObject({
        context: { params: { registry: address } },
      })
  })
})

describe('a list of names', () => {
  const tags = (body: string, headers: Record<string, string> = {}) =>
    answers(200, { 'content-type': 'application/json', ...headers }, body)
  it.each<[string, Handler, object]>([
    ['is read', tags('{"tags":["1"]}'), { items: ['1'], next: null }],
    ['may be null', tags('{"tags":null}'), { items: [], next: null }],
    [
      'has a next page',
      tags('{"tags":["1"]}', { link: '</v2/app/tags/list?last=a%2Fb&n=1>; rel="next"' }),
      { items: ['1'], next: 'a/b' },
    ],
    [
      'has a link that is none',
      tags('{"tags":["1"]}', { link: '<http://[/?last=%E0%A4%A>; rel="next"' }),
      { items: ['1'], next: null },
    ],
  ])('%s', async (_, handler, expected) => {
    const { client } = await registry(handler)
    expect(await client.tags('app', { n: 10 })).toEqual(expected)
  })

  it.each<[string, Handler, string]>([
    ['null', tags('null'), 'not_a_registry'],
    ['a list', tags('["1"]'), 'not_a_registry'],
    ['a list of other things', tags('{"tags":[{}]}'), 'not_a_registry'],
    ['half of one', tags('{"tags":["1"'), 'not_a_registry'],
    ['a page', answers(200, { 'content-type': 'text/html' }, page), 'not_a_registry'],
    [
      'one without an end',
      (_, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, 32))) {}
          response.once('drain', more)
        }
        more()
      },
      'not_a_registry',
    ],
  ])('is not %s', async (_, handler, code) => {
    const { client } = await registry(handler)
    await expect(client.tags('app', { n: 10 })).rejects.toMatchObject({ code })
  })
})

describe('what a tag holds', () => {
  /** A registry of these manifests and blobs, the first of them under the tag. */
  const holding = async (...bodies: string[]) => {
    const { client } = await registry((request, response) => {
      const name = request.url?.split('/').at(-1)
      const body = name === '1' ? bodies[0] : bodies.find((text) => digestOf(text) === name)
      if (body === undefined) return response.writeHead(404).end('{}')
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    })
    const found = await readManifest(client, 'app', '1')
    expect(registryManifestSchema.parse(found)).toEqual(found)
    return found.images.map(({ platform, size }) => [platform, size])
  }
  const entry = (body: string, platform?: object, more: object = {}) => ({
    mediaType: image,
    digest: digestOf(body),
    size: body.length,
    platform,
    ...more,
  })
  const layered = (size: number) => manifest({ mediaType: image, layers: [{ digest: 'x', size }] })
  const arm = { os: 'linux', architecture: 'arm', variant: 'v7' }

  it('hides attestations, and shows what an index says where no more can be read', async () => {
    const many = Array.from({ length: 40 }, () => entry('absent', { os: 'linux', architecture: 's390x' }))
    expect(
      await holding(
        manifest({
          mediaType: index,
          manifests: [
            entry(layered(5), arm),
            entry(layered(6), { os: 'unknown', architecture: 'unknown' }),
            entry(layered(7), undefined, {
              annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
            }),
            entry('not there', { os: 'linux', architecture: 'amd64' }),
            { mediaType: image, platform: arm },
            null,
            5,
            'x',
            [],
            {},
            ...many,
          ],
        }),
        layered(5),
        layered(6),
        layered(7),
      ),
    ).toEqual([
      ['linux/arm/v7', 5],
      ['linux/amd64', null],
      ['linux/s390x', null],
    ])
  })

  it('reads an index in an index, and ends where it would not', async () => {
    const inner = manifest({ mediaType: index, manifests: [entry(layered(5), arm)] })
    const outer = manifest({ mediaType: index, manifests: [entry(inner), entry(layered(9), {})] })
    expect(await holding(outer, inner, layered(5), layered(9))).toEqual([
      ['linux/arm/v7', 5],
      [null, 9],
    ])
    let deep = manifest({ mediaType: index, manifests: [entry(layered(5), arm)] })
    const all = [layered(5), deep]
    for (let depth = 0; depth < 5; depth++) {
      deep = manifest({ mediaType: index, manifests: [entry(deep)] })
      all.unshift(deep)
    }
    expect(await holding(...all)).toEqual([])
  })

  it.each([
    ['nothing', {}, [[null, 0]]],
    ['no manifests', { mediaType: index, manifests: [] }, []],
    ['fields of other types', { config: [], layers: { 0: 1 }, annotations: null, subject: 5 }, [[null, 0]]],
    [
      'layers of other types',
      { layers: [{ digest: {}, size: '5', mediaType: [] }, { size: -1 }] },
      [[null, 0]],
    ],
    [
      'platforms of other types',
      { manifests: [entry('a', { os: {}, architecture: [] }), entry('b', { os: 'x', architecture: 5 })] },
      [
        [null, null],
        ['x/unknown', null],
      ],
    ],
  ])('may be %s', async (_, body, expected) => {
    expect(await holding(manifest({ mediaType: image, ...body }))).toEqual(expected)
  })

  it.each([
    ['0001-01-01T00:00:00Z', null],
    ['+099999-01-01T00:00:00Z', null],
    ['yesterday', null],
    ['2024-05-06T07:08:09.123456789Z', '2024-05-06T07:08:09.123Z'],
  ])('was made %s', async (created, expected) => {
    const config = JSON.stringify({ created, os: 'linux', architecture: 'amd64' })
    const mediaType = 'application/vnd.oci.image.config.v1+json'
    const body = manifest({ mediaType: image, config: { mediaType, digest: digestOf(config), size: 3 } })
    const { client } = await registry((request, response) =>
      response
        .writeHead(200, { 'content-type': image })
        .end(request.url?.includes('/blobs/') ? config : body),
    )
    const found = registryManifestSchema.parse(await readManifest(client, 'app', '1'))
    expect(found.images).toMatchObject([{ createdAt: expected, platform: 'linux/amd64', size: 3 }])
  })
})

describe('an account', () => {
  it('goes to the registry and its sign-in, and not where the registry sends us', async () => {
    const seen: [string, string | undefined][] = []
    const elsewhere = await listen(
      createServer((request, response) => {
        seen.push(['elsewhere', request.headers.authorization])
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end('{}')
      }),
    )
    const { client } = await registry((request, response) => {
      seen.push(['registry', request.headers.authorization?.split(' ')[0]])
      if (!request.headers.authorization)
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end('{}')
      response.writeHead(307, { location: `http://${elsewhere}/x` }).end()
    })
    await expect(client.tags('app', { n: 1 })).rejects.toMatchObject({ code: 'registry_login_refused' })
    expect(seen).toEqual([
      ['registry', undefined],
      ['registry', 'Basic'],
      ['elsewhere', undefined],
    ])
  })

  it.each<[string, Handler, string]>([
    ['null', answers(200, {}, 'null'), 'not_a_registry'],
    ['a page', answers(200, {}, page), 'not_a_registry'],
    ['a token of several lines', answers(200, {}, '{"token":"a\\r\\nhost: b"}'), 'not_a_registry'],
    ['a failure', answers(502, {}, page), 'registry_failed'],
    ['no', answers(403, {}, page), 'registry_login_refused'],
  ])('is answered with %s by the sign-in', async (_, handler, code) => {
    const issuer = await listen(createServer(handler))
    const challenge = { 'www-authenticate': `Bearer realm="http://${issuer}/token"` }
    const { client } = await registry(answers(401, challenge, '{}'))
    await expect(client.check()).rejects.toMatchObject({ code })
  })
})

it('an authority of its own is trusted besides the machine’s, and by this registry alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-authority-'))
  const before = getCACertificates('default')
  try {
    const secure = async (name: string, handler: Handler) => {
      const tls = await makeCertificates(join(folder, name), '127.0.0.1')
      const files = { cert: readFileSync(tls.serverCert), key: readFileSync(tls.serverKey) }
      return { address: await listen(createTlsServer(files, handler)), ca: readFileSync(tls.ca, 'utf8') }
    }
    const known = await secure('known', answers(200, {}, '{"tags":["1"]}'))
    const own = await secure('own', answers(307, { location: `https://${known.address}/` }))
    setDefaultCACertificates([...before, known.ca])
    const ask = async (ca?: string) => {
      const client = createRegistryClient({ address: own.address, scheme: 'https', ...(ca ? { ca } : {}) })
      closers.push(() => client.close())
      return client.tags('app', { n: 1 })
    }
    expect(await ask(own.ca)).toEqual({ items: ['1'], next: null })
    await expect(ask()).rejects.toMatchObject({ code: 'tls_untrusted' })
  } finally {
    setDefaultCACertificates(before)
    rmSync(folder, { recursive: true, force: true })
  }
})
