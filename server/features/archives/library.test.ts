import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DetailedError, Upload } from 'tus-js-client'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { ArchiveLibraryView, ListedArchive } from '#lib/contracts/archives.ts'
import type { ApiError } from '#lib/contracts/common.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { blob, layoutOf, makeImage, tarOf } from '../../testing/archive-maker.ts'
import { give, join as joined, makeRole } from '../../testing/people.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-library-'))
const open: AppUnderTest[] = []
afterEach(async () => {
  for (const test of open.splice(0)) await test.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function started(dataFolder?: string): Promise<AppUnderTest> {
  const test = await startApp({}, dataFolder)
  open.push(test)
  return test
}
const annotations = { 'io.containerd.image.name': 'registry.example/app:1' }
/** An archive with a layer of so many bytes that nothing makes smaller. */
const layout = (bytes = 300_000) => {
  const image = makeImage(['none'], { payload: randomBytes(bytes) })
  return tarOf(layoutOf([{ image, annotations }]))
}
const library = async (test: AppUnderTest) =>
  (await test.call('GET', '/api/archives')).json as ArchiveLibraryView
const only = async (test: AppUnderTest) => (await library(test)).archives[0] as ListedArchive
const settled = async (test: AppUnderTest, state: ListedArchive['state']) => {
  await expect.poll(async () => (await only(test)).state).toBe(state)
  return only(test)
}
const onDisk = (test: AppUnderTest) => readdirSync(join(test.dataFolder, 'archives'))

interface Sending {
  url?: string
  name?: string
  chunk?: number
  until?: (upload: Upload, sent: number) => boolean
}
/** By the client that the pages use. Resolves with its address, or with the error's code when it is refused. */
function send(test: AppUnderTest, bytes: Buffer, { url, name = 'app.tar', chunk, until }: Sending = {}) {
  return new Promise<{ url: string; refused?: ApiError }>((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: `${test.origin}/api/archives/uploads`,
      uploadUrl: url ?? null,
      headers: { cookie: test.cookie, origin: test.origin },
      metadata: { filename: name, fingerprint: `${name}|${bytes.length}|1` },
      ...(chunk === undefined ? {} : { chunkSize: chunk }),
      retryDelays: null,
      onProgress(sent) {
        if (until?.(upload, sent)) void upload.abort().then(() => resolve({ url: upload.url ?? '' }))
      },
      onError(error) {
        const body = error instanceof DetailedError ? error.originalResponse?.getBody() : ''
        if (body) resolve({ url: upload.url ?? '', refused: (JSON.parse(body) as { error: ApiError }).error })
        else reject(error)
      },
      onSuccess: () => resolve({ url: upload.url ?? '' }),
    })
    upload.start()
  })
}

describe('an upload', () => {
  it('is looked at while it arrives, and kept with what is in it', async () => {
    const test = await started()
    await test.setUp()
    const bytes = layout()
    await send(test, bytes, { chunk: 100_000, name: '../../etc/app\u0007.tar' })
    const archive = await settled(test, 'ready')
    expect(archive).toMatchObject({
      name: 'app.tar',
      size: bytes.length,
      received: bytes.length,
      userName: 'Ada',
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      summary: { kind: 'oci-layout', names: ['registry.example/app:1'], platforms: ['linux/amd64'] },
    })
    expect(archive).not.toHaveProperty('contents')
    expect((await test.call('GET', `/api/archives/${archive.id}`)).json).toMatchObject({
      contents: { kind: 'oci-layout', images: [{ names: ['registry.example/app:1'], layers: [{}] }] },
    })
    expect(Date.parse(archive.expiresAt ?? '') - Date.now()).toBeGreaterThan(29 * 86_400_000)
    const { items } = await test.app.audit.search.page({ action: 'archives.upload' }, undefined, 10)
    expect(items).toHaveLength(1)
    expect((await library(test)).usedBytes).toBe(bytes.length)
    expect(onDisk(test)).toEqual([archive.id])
  })

  it('goes on after a cut, and after a restart of the server, to the right digest', async () => {
    const bytes = layout(2_000_000)
    const first = await started(folder)
    await first.setUp()
    const { cookie } = first
    const { url } = await send(first, bytes, {
      chunk: 200_000,
      until: (_upload, sent) => sent > bytes.length / 3,
    })
    const half = await only(first)
    expect(half.state).toBe('uploading')
    await open.pop()?.close()

    const second = await started(folder)
    second.cookie = cookie
    const again = url.replace(first.origin, second.origin)
    await expect.poll(async () => (await only(second)).received).toBe(half.received)
    expect(half.received).toBeGreaterThan(0)
    expect(half.received).toBeLessThan(bytes.length)
    await send(second, bytes, { url: again, chunk: 200_000 })
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    expect(await settled(second, 'ready')).toMatchObject({ id: half.id, digest })
  })

  it('does not wait for a connection that died without a word', async () => {
    const test = await started()
    await test.setUp()
    const bytes = layout()
    const { url } = await send(test, bytes, { chunk: 50_000, until: (_upload, sent) => sent >= 50_000 })
    const { received } = await only(test)
    // It says that more comes, and is silent.
    const dead = request(url, {
      method: 'PATCH',
      headers: {
        cookie: test.cookie,
        origin: test.origin,
        'tus-resumable': '1.0.0',
        'content-type': 'application/offset+octet-stream',
        'upload-offset': received,
        'content-length': bytes.length - received,
      },
    })
    dead.on('error', () => {})
    dead.write(bytes.subarray(received, received + 1000))
    await expect.poll(async () => (await only(test)).received).toBe(received + 1000)
    await send(test, bytes, { url })
    expect((await settled(test, 'ready')).size).toBe(bytes.length)
    dead.destroy()
  })

  it('is refused as soon as something wrong was seen, with what and where, and leaves nothing', async () => {
    const test = await started()
    await test.setUp()
    const parts = layoutOf([{ image: makeImage(['gzip']), annotations }])
    const wrong = { ...blob(Buffer.from('something')), body: Buffer.from('something else') }
    const bytes = tarOf([wrong, ...parts, blob(randomBytes(3_000_000))])
    const { refused } = await send(test, bytes, { chunk: 100_000 })
    expect(refused).toMatchObject({ code: 'archive_digest_wrong' })
    const archive = await settled(test, 'refused')
    expect(archive.error).toMatchObject({ code: refused?.code })
    expect(archive.received).toBe(0)
    expect(onDisk(test)).toEqual([])
  })

  it('is nobody else’s to look at, to go on with or to give up, and no longer than can be counted', async () => {
    const test = await started()
    await test.setUp()
    const { url } = await send(test, layout(), { chunk: 60_000, until: (_, sent) => sent >= 60_000 })
    const other = await joined(test, 'other', null)
    const role = await makeRole(test, 'Uploads', ['archives.view', 'archives.upload'])
    const all = { kind: 'all' } as const
    await give(test, other, { effect: 'allow', role, hosts: all, containers: all })
    const ask = async (cookie: string, method: string, headers: Record<string, string> = {}, to = url) => {
      const tus = { cookie, origin: test.origin, 'tus-resumable': '1.0.0' }
      return (
        await fetch(to, {
          method,
          headers: { ...tus, ...headers },
          ...(method === 'PATCH' ? { body: 'x' } : {}),
        })
      ).status
    }
    const more = { 'upload-offset': '60000', 'content-type': 'application/offset+octet-stream' }
    expect(await ask(other.cookie, 'HEAD')).toBe(404)
    expect(await ask(other.cookie, 'PATCH', more)).toBe(404)
    expect(await ask(other.cookie, 'DELETE')).toBe(404)
    expect(await ask(test.cookie, 'HEAD')).toBe(200)
    const uploads = `${test.origin}/api/archives/uploads`
    for (const length of ['9007199254740993', '-1', '0', '1e3x', ''])
      expect([length, await ask(other.cookie, 'POST', { 'upload-length': length }, uploads)]).toEqual([
        length,
        411,
      ])
  })

  it('of the same bytes is stored once', async () => {
    const test = await started()
    await test.setUp()
    const bytes = layout()
    await send(test, bytes)
    const { id } = await settled(test, 'ready')
    await send(test, bytes, { name: 'again.tar' })
    await expect
      .poll(async () => (await library(test)).archives.map(({ state, duplicateOf }) => [state, duplicateOf]))
      .toEqual([
        ['duplicate', id],
        ['ready', null],
      ])
    // Its state is said before its bytes are taken away.
    await expect.poll(() => onDisk(test)).toEqual([id])
  })

  it('is given up, and its bytes with it', async () => {
    const test = await started()
    await test.setUp()
    const { url } = await send(test, layout(), { chunk: 50_000, until: (_upload, sent) => sent >= 50_000 })
    await Upload.terminate(url, { headers: { cookie: test.cookie, origin: test.origin } })
    expect((await library(test)).archives).toEqual([])
    expect(onDisk(test)).toEqual([])
  })

  it('is refused before its first byte where there is no room for it', async () => {
    const test = await started()
    await test.setUp()
    await test.call('PUT', '/api/archives/settings', { quotaBytes: 100_000, retentionDays: 1 })
    expect((await send(test, layout())).refused?.code).toBe('archive_quota')
    await test.call('PUT', '/api/archives/settings', { quotaBytes: 150, retentionDays: 1 })
    const announce = (length: number) =>
      test.call('POST', '/api/archives/uploads', undefined, {
        'tus-resumable': '1.0.0',
        'upload-length': String(length),
      })
    const both = await Promise.all([announce(100), announce(100)])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 413])
    const [kept] = (await library(test)).archives
    await test.call('DELETE', `/api/archives/${kept?.id}`)
    await test.call('PUT', '/api/archives/settings', { quotaBytes: null, retentionDays: null })
    const headers = { 'tus-resumable': '1.0.0', 'upload-length': String(2 ** 52) }
    const huge = await test.call('POST', '/api/archives/uploads', undefined, headers)
    expect((huge.json as { error: ApiError }).error.code).toBe('archive_disk_full')
    expect((await library(test)).archives).toEqual([])
  })
})

describe('curl', () => {
  const put = (test: AppUnderTest, token: string, body: Buffer, path = '/api/archives/upload?name=c.tar') =>
    fetch(test.origin + path, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(body),
    })
  const make = async (test: AppUnderTest, permissions: string[]) =>
    (await test.call('POST', '/api/account/tokens', { name: 'ci', permissions, hours: 1 })).json as MadeToken

  it('sends an archive in one request, with a token that may do nothing else', async () => {
    const test = await started()
    await test.setUp()
    const { token, id } = await make(test, ['archives.upload'])
    const stored = JSON.stringify(await test.app.db.selectFrom('tokens').selectAll().execute())
    expect(stored).not.toContain(token)
    const answer = await put(test, token, layout())
    expect([answer.status, await answer.json()]).toMatchObject([200, { state: 'ready', name: 'c.tar' }])
    const bad = await put(test, token, Buffer.from('this is no archive'.repeat(100)))
    expect([bad.status, await bad.json()]).toMatchObject([400, { error: { code: 'archive_invalid' } }])

    const status = async (path: string, init: RequestInit = {}) =>
      (await fetch(test.origin + path, { ...init, headers: { authorization: `Bearer ${token}` } })).status
    expect(await status('/api/archives')).toBe(403)
    expect(await status('/api/containers')).toBe(403)
    expect(await status('/api/account/tokens')).toBe(403)
    expect(await status('/api/account/tokens', { method: 'POST' })).toBe(403)
    expect(await status('/api/tasks')).toBe(403)
    expect((await test.call('GET', '/api/account/tokens')).json).toMatchObject([{ id, name: 'ci' }])
    await test.call('DELETE', `/api/account/tokens/${id}`)
    expect((await put(test, token, layout())).status).toBe(401)
  })

  it('sends what a pipe gives, of which nobody says how long it is', async () => {
    const test = await started()
    await test.setUp()
    const { token } = await make(test, ['archives.upload'])
    const piped = (bytes: Buffer) =>
      new Promise<{ status: number | undefined; json: unknown }>((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' }
        const url = `${test.origin}/api/archives/upload?name=piped.tar`
        const call = request(url, { method: 'PUT', headers }, (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => parts.push(part))
          answer.on('end', () =>
            resolve({ status: answer.statusCode, json: JSON.parse(Buffer.concat(parts).toString()) }),
          )
        })
        call.on('error', reject)
        call.write(bytes.subarray(0, 5000))
        call.end(bytes.subarray(5000))
      })
    const bytes = layout()
    const answer = await piped(bytes)
    expect(answer).toMatchObject({ status: 200, json: { state: 'ready', size: bytes.length } })
    const bad = await piped(Buffer.from('this is no archive'.repeat(1000)))
    expect(bad).toMatchObject({ status: 400, json: { error: { code: 'archive_invalid' } } })
    expect(readdirSync(join(test.dataFolder, 'archives-unmeasured'))).toEqual([])
  })

  it('says that a tar is a root filesystem, which nothing in it tells', async () => {
    const test = await started()
    await test.setUp()
    const { token } = await make(test, ['archives.upload'])
    const tar = tarOf([{ path: 'app', body: Buffer.from('x') }])
    const asIs = await put(test, token, tar)
    expect([asIs.status, await asIs.json()]).toMatchObject([
      400,
      { error: { code: 'archive_kind_unknown', detail: expect.stringContaining('app') } },
    ])
    const said = await put(test, token, tar, '/api/archives/upload?name=c.tar&kind=rootfs')
    expect(await said.json()).toMatchObject({ state: 'ready', isRootfs: true, contents: { kind: 'rootfs' } })
    expect((await put(test, token, tar, '/api/archives/upload?kind=image')).status).toBe(400)
    // The same bytes as an image are another archive, and not a duplicate.
    const image = layout()
    const states = []
    for (const query of ['', '?kind=rootfs', '?kind=rootfs'])
      states.push(await (await put(test, token, image, `/api/archives/upload${query}`)).json())
    expect(states).toMatchObject([
      { contents: { kind: 'oci-layout' } },
      { contents: { kind: 'rootfs' } },
      { state: 'duplicate' },
    ])
  })

  it('has no use of a token that is over, or of one that is none', async () => {
    const test = await started()
    await test.setUp()
    const { token, id } = await make(test, ['archives.upload'])
    const over = new Date(Date.now() - 1000).toISOString()
    await test.app.db.updateTable('tokens').set({ expires_at: over }).where('id', '=', id).execute()
    expect((await put(test, token, layout())).status).toBe(401)
    expect((await put(test, 'rst_nonsense', layout())).status).toBe(401)
  })
})

it('old archives and half uploads go by themselves, and kept ones stay', async () => {
  const test = await started(folder + 2)
  await test.setUp()
  const { cookie } = test
  await send(test, layout(1000), { name: 'kept.tar' })
  await settled(test, 'ready')
  await test.call('PATCH', `/api/archives/${(await only(test)).id}`, { kept: true })
  await send(test, layout(1000), { name: 'old.tar' })
  await settled(test, 'ready')
  await send(test, layout(), { name: 'half.tar', chunk: 50_000, until: (_upload, sent) => sent >= 50_000 })
  expect((await library(test)).archives).toHaveLength(3)
  const long = new Date(Date.now() - 40 * 86_400_000).toISOString()
  for (const { id, document } of await test.app.db.selectFrom('archives').selectAll().execute())
    await test.app.db
      .updateTable('archives')
      .set({ document: JSON.stringify({ ...JSON.parse(document), usedAt: long }) })
      .where('id', '=', id)
      .execute()
  await open.pop()?.close()
  const again = await started(folder + 2)
  again.cookie = cookie
  const left = (await library(again)).archives
  expect(left.map(({ name }) => name)).toEqual(['kept.tar'])
  expect(onDisk(again)).toEqual(left.map(({ id }) => id))
  rmSync(folder + 2, { recursive: true, force: true })
})

it('a start with a clock a year off removes nothing by age, and what no archive knows is put aside', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-test-'))
  const test = await started(folder)
  await test.setUp()
  const { cookie } = test
  await send(test, layout(1000), { name: 'old.tar' })
  const { id } = await settled(test, 'ready')
  await send(test, layout(2000), { name: 'cut.tar' })
  await expect
    .poll(async () => (await library(test)).archives.map(({ state }) => state))
    .toEqual(['ready', 'ready'])
  const cut = (await library(test)).archives.find(({ name }) => name === 'cut.tar')?.id as string
  await open.pop()?.close()
  // As far as anything in the database knows, it was at work a year ago.
  const raw = new DatabaseSync(join(folder, 'roadstead.db'))
  const long = new Date(Date.now() - 365 * 86_400_000).toISOString()
  raw.prepare("update archives set document = json_set(document, '$.usedAt', ?)").run(long)
  raw.prepare('update session set updatedAt = ?').run(long)
  raw.close()
  writeFileSync(join(folder, 'archives', 'stranger'), 'bytes')
  truncateSync(join(folder, 'archives', cut), 100)
  const again = await started(folder)
  again.cookie = cookie
  expect(onDisk(again).sort()).toEqual([id, 'aside'].sort())
  const aside = readdirSync(join(folder, 'archives', 'aside')).sort()
  expect(aside.map((name) => name.split('-')[0])).toEqual([cut, 'stranger'].sort())
  expect((await library(again)).archives.find((one) => one.id === cut)?.state).toBe('refused')
})
