import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { FileEntry, FilePreview, FilesFrame } from '#lib/contracts/files.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { labTransport } from '../testing/lab-hosts.ts'

const prefix = `files-${randomUUID().slice(0, 8)}`
const engines: readonly EngineName[] = ['docker-tls', 'docker28-tcp', 'podman-ssh', 'podman5-tcp']
const script = [
  'mkdir -p /data/sub/deep /data/empty; echo hello > /data/a.txt; head -c 3000 /dev/zero > /data/sub/zeros',
  'head -c 1000 /dev/urandom > /data/sub/deep/random; ln -s a.txt /data/link; ln -s /data/sub /data/folder-link',
  'ln -s nowhere /data/broken; mkfifo /data/pipe; echo x > "/data/ä name"; chown 1000:1001 /data/a.txt',
  'yes long | head -c 300000 > /data/long.txt; mkdir /hard; echo hello > /hard/a; ln /hard/a /hard/b; ln -s loop /data/loop; sleep 600',
].join('; ')
let test: AppUnderTest
const made: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(async () => {
  await test.close()
  for (const remove of made) await remove().catch(() => {})
})
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe.each(engines)('files of a container on %s', (engine) => {
  const socketPath = labEngine(engine).localSocketPath
  let id = ''
  let path = ''
  beforeAll(async () => {
    const added = await test.call('POST', '/api/hosts', { name: engine, transport: labTransport(engine) })
    const hostId = (added.json as Host).id
    id = (
      await engineCall<{ Id: string }>(
        socketPath,
        'POST',
        `/v1.41/containers/create?name=${prefix}-${engine}`,
        {
          Image: labImages.busybox,
          Cmd: ['/bin/sh', '-c', script],
          StopTimeout: 0,
        },
      )
    ).Id
    made.push(() => engineCall(socketPath, 'DELETE', `/v1.41/containers/${id}?force=1`))
    await engineCall(socketPath, 'POST', `/v1.41/containers/${id}/start`)
    path = `/api/hosts/${hostId}/containers/${id}/files`
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
      const loop = await witness(engine, ['exec', id, 'readlink', '/data/loop']).catch(() => null)
      if (test.app.live.fleet.get('containers', hostId, id) && loop?.stdout.includes('loop')) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })

  async function list(of: string): Promise<{ entries: Map<string, FileEntry>; frames: FilesFrame[] }> {
    const answer = await fetch(`${test.origin}${path}?path=${encodeURIComponent(of)}`, {
      headers: { cookie: test.cookie },
    })
    expect(answer.status).toBe(200)
    const frames = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FilesFrame)
    const entries = new Map<string, FileEntry>()
    for (const frame of frames) {
      if (frame.type === 'entries') for (const entry of frame.entries) entries.set(entry.name, entry)
      if (frame.type === 'size') (entries.get(frame.name) as FileEntry).size = frame.size
    }
    return { entries, frames }
  }
  const code = (answer: { json: unknown }) => (answer.json as { error?: { code: string } }).error?.code
  const get = (rest: string) => test.call('GET', `${path}${rest}`)
  const put = (query: string, body: Buffer | null, length = body?.length ?? 0) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const url = new URL(`${test.origin}${path}?${query}`)
      const headers = {
        ...{ cookie: test.cookie, origin: test.origin },
        ...(body ? { 'content-type': 'application/octet-stream', 'content-length': length } : {}),
      }
      const call = request(url, { method: 'PUT', headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        )
      })
      call.on('error', reject)
      if (!body || length === body.length) call.end(body ?? undefined)
      else call.write(body, () => setTimeout(() => call.destroy(), 300))
    })

  it('are listed, with sizes of folders, owners, links and names of any letters', async () => {
    const { entries, frames } = await list('/data')
    expect([...entries.keys()].sort()).toEqual(
      ['a.txt', 'broken', 'empty', 'folder-link', 'link', 'long.txt', 'loop', 'pipe', 'sub', 'ä name'].sort(),
    )
    expect(entries.get('a.txt')).toMatchObject({
      kind: 'file',
      size: 6,
      mode: 0o644,
      owner: engine.startsWith('docker') ? { uid: 1000, gid: 1001 } : null,
    })
    expect(entries.get('sub')).toMatchObject({ kind: 'directory', size: 4000 })
    expect(entries.get('empty')).toMatchObject({ kind: 'directory', size: 0 })
    expect(entries.get('link')).toMatchObject({ kind: 'symlink', target: 'a.txt' })
    expect(entries.get('pipe')?.kind).toBe('fifo')
    expect(frames[0]).toMatchObject({ type: 'folder', path: '/data' })
    expect(frames.at(-1)).toEqual({ type: 'end', complete: true })
    expect([...(await list('/data/folder-link')).entries.keys()].sort()).toEqual(['deep', 'zeros'])
    const hard = await list('/hard')
    expect([...hard.entries.values()].map(({ name, size }) => [name, size])).toEqual([
      ['a', 6],
      ['b', 6],
    ])
    expect([...(await list('/')).entries.keys()]).toEqual(expect.arrayContaining(['bin', 'data', 'etc']))
  })

  it('are shown: text, its beginning, what a link leads to, and that a file is none', async () => {
    const preview = async (of: string) =>
      (await get(`/preview?path=${encodeURIComponent(of)}`)).json as FilePreview
    expect(await preview('/data/a.txt')).toMatchObject({
      kind: 'text',
      text: 'hello\n',
      truncated: false,
      size: 6,
    })
    expect(await preview('/data/link')).toMatchObject({ kind: 'text', text: 'hello\n' })
    const long = await preview('/data/long.txt')
    expect(long).toMatchObject({ kind: 'text', truncated: true, size: 300_000 })
    expect(long.text).toHaveLength(256 * 1024)
    expect(await preview('/data/sub/zeros')).toMatchObject({ kind: 'binary', text: '' })
    expect(code(await get('/preview?path=/data/nope'))).toBe('file_not_found')
    expect(code(await get('/preview?path=/data/broken'))).toBe('file_not_found')
    expect((await get('/preview?path=/data/loop')).status).toBeGreaterThanOrEqual(400)
    for (const folder of ['/data/sub', '/data/folder-link'])
      expect(await preview(folder)).toMatchObject({ kind: 'directory' })
    expect(code(await get('/content?path=/data/folder-link'))).toBe('file_not_regular')
    expect(code(await get('/preview?path=/data/pipe'))).toBe('file_not_regular')
    expect(code(await get('?path=/data/a.txt'))).toMatch(/file_not_regular|file_not_found|engine_error/)
    for (const bad of ['data', '/data/../etc', '/a%00b', ''])
      expect(code(await get(`/preview?path=${bad}`))).toBe('invalid_input')
  })

  it('are taken in and given out whole, also of a container that is stopped', async () => {
    const bytes = randomBytes(5_000_000)
    const query = 'path=/data&name=up/load%20%C3%A4.bin&mode=416&uid=1000&gid=1001'
    expect(await put(query, bytes)).toMatchObject({ status: 204 })
    const sum = await witness(engine, ['exec', id, 'sha256sum', '/data/up/load ä.bin'])
    expect(sum.stdout.split(' ')[0]).toBe(digest(bytes))
    const stat = await witness(engine, ['exec', id, 'stat', '-c', '%a %u %g', '/data/up/load ä.bin'])
    expect(stat.stdout.trim()).toBe('640 1000 1001')
    expect(await put('path=/data&name=made&folder=true&mode=493', null)).toMatchObject({ status: 204 })
    expect((await witness(engine, ['exec', id, 'stat', '-c', '%a %F', '/data/made'])).stdout.trim()).toBe(
      '755 directory',
    )
    await engineCall(socketPath, 'POST', `/v1.41/containers/${id}/stop?t=0`)
    expect(await put('path=/data&name=stopped.txt', Buffer.from('while stopped'))).toMatchObject({
      status: 204,
    })
    const answer = await fetch(`${test.origin}${path}/content?path=/data/up/load%20%C3%A4.bin`, {
      headers: { cookie: test.cookie },
    })
    expect(answer.headers.get('content-disposition')).toContain(`filename*=UTF-8''load%20%C3%A4.bin`)
    expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(digest(bytes))
    const tar = await fetch(`${test.origin}${path}/archive?path=/data`, { headers: { cookie: test.cookie } })
    const archive = Buffer.from(await tar.arrayBuffer())
    expect(archive.includes('while stopped')).toBe(true)
    expect(archive.length).toBeGreaterThan(5_300_000)
    await engineCall(socketPath, 'POST', `/v1.41/containers/${id}/start`)
  })

  it('are replaced by their own kind alone, with the mode and owner of before', async () => {
    const say = async (...args: string[]) => (await witness(engine, ['exec', id, ...args])).stdout.trim()
    await say('sh', '-c', 'mkdir -p /kind/full /kind/o/real; echo x > /kind/full/keep; echo f > /kind/file')
    await say(
      'sh',
      '-c',
      'ln -s /kind/o/real /kind/link; ln -s ../other /kind/o/real/rel; echo far > /kind/o/other',
    )
    await say('sh', '-c', 'chown 7:8 /kind/full/keep; chmod 4750 /kind/full/keep')
    const refusal = async (query: string, body: Buffer | null) => {
      const { status, text } = await put(query, body)
      return { status, code: code({ json: JSON.parse(text || '{}') }) }
    }
    const bytes = Buffer.from('new')
    expect(await refusal('path=/kind&name=full', bytes)).toEqual({ status: 409, code: 'folder_in_the_way' })
    expect(await refusal('path=/kind&name=file&folder=true', null)).toEqual({
      ...{ status: 409, code: 'file_in_the_way' },
    })
    expect(await refusal('path=/kind&name=file/below', bytes)).toEqual({
      status: 409,
      code: 'file_in_the_way',
    })
    expect(await say('cat', '/kind/full/keep', '/kind/file')).toBe('x\nf')
    // A folder that is there is not made again: it keeps its mode.
    await say('chmod', '700', '/kind/full')
    expect(await put('path=/kind&name=full&folder=true&mode=493', null)).toMatchObject({ status: 204 })
    expect(await say('stat', '-c', '%a', '/kind/full')).toBe('700')

    expect(await put('path=/kind&name=full/keep&uid=7&gid=8', bytes)).toMatchObject({ status: 204 })
    expect(await say('stat', '-c', '%a %u %g', '/kind/full/keep')).toBe('4750 7 8')
    if (engine.startsWith('docker')) {
      expect(await put('path=/kind&name=full/keep', bytes)).toMatchObject({ status: 204 })
      expect(await say('stat', '-c', '%a %u %g', '/kind/full/keep')).toBe('4750 7 8')
    }
    // Through a link on the way, which Docker 28 takes for a path below the folder.
    expect(await put('path=/kind&name=link/in/new', bytes)).toMatchObject({ status: 204 })
    expect(await say('cat', '/kind/o/real/in/new')).toBe('new')
    // And a link that is to be read from where its folder truly lies.
    expect((await get('/preview?path=/kind/link/rel')).json).toMatchObject({ text: 'far\n' })
  })

  it('are refused at once where all is read-only, whatever is still being sent', async () => {
    const { Id } = await engineCall<{ Id: string }>(
      ...([socketPath, 'POST', `/v1.41/containers/create?name=${prefix}-ro-${engine}`] as const),
      {
        Image: labImages.busybox,
        ...{ Cmd: ['sleep', '600'], StopTimeout: 0, HostConfig: { ReadonlyRootfs: true } },
      },
    )
    made.push(() => engineCall(socketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`))
    await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
    const hostId = path.split('/')[3] as string
    await expect.poll(() => test.app.live.fleet.get('containers', hostId, Id)?.state).toBe('running')
    const before = path
    path = path.replace(id, Id)
    // More than every buffer on the way holds, so that the answer comes in the middle.
    const answer = await put('path=/&name=big.bin', Buffer.alloc(64 * 1024 * 1024)).finally(() => {
      path = before
    })
    expect(code({ json: JSON.parse(answer.text) })).toBe('container_read_only')
    expect(answer.status).toBe(409)
  })

  it('are refused where they cannot go, and an upload that is cut is told', async () => {
    // Podman makes the folder.
    const nowhere = await put('path=/nowhere&name=x', Buffer.from('x'))
    if (engine.startsWith('docker')) expect(nowhere.text).toContain('file_not_found')
    else expect(nowhere.status).toBe(204)
    for (const bad of [
      'path=/data&name=../x',
      'path=/data&name=a//b',
      'path=/../x&name=y',
      'path=/data&name=',
    ])
      expect(await put(bad, Buffer.from('x'))).toMatchObject({ status: 400 })
    await expect(put('path=/data&name=cut.bin', randomBytes(100_000), 5_000_000)).rejects.toThrow()
    expect((await get('/preview?path=/data/a.txt')).status).toBe(200)
  })
})
