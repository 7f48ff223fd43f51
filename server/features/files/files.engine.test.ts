import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { FilePreview } from '#lib/contracts/files.ts'
import type { AppUnderTest } from '../../testing/app-under-test.ts'
import {
  type ContainerFiles,
  errorCodeOf,
  type FilesLab,
  startFilesLab,
} from '../../testing/container-files.ts'
import { itAt } from '../../testing/it-at.ts'
import { pairOf } from '../../testing/whole-tables.ts'

const engines = pairOf<EngineName>(
  ['docker-tls', 'docker28-tcp', 'podman-ssh', 'podman5-tcp'],
  'older Podman',
)
const script = [
  'mkdir -p /data/sub/deep /data/empty; echo hello > /data/a.txt; head -c 3000 /dev/zero > /data/sub/zeros',
  'head -c 1000 /dev/urandom > /data/sub/deep/random; ln -s a.txt /data/link; ln -s /data/sub /data/folder-link',
  'ln -s nowhere /data/broken; mkfifo /data/pipe; echo x > "/data/ä name"; chown 1000:1001 /data/a.txt',
  'yes long | head -c 300000 > /data/long.txt; mkdir /hard; echo hello > /hard/a; ln /hard/a /hard/b; ln -s loop /data/loop; sleep 600',
].join('; ')
let lab: FilesLab
let test: AppUnderTest
beforeAll(async () => {
  lab = await startFilesLab()
  test = lab.test
})
afterAll(() => lab.close())
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

interface At {
  engine: EngineName
  socketPath: string
  files: ContainerFiles
  makeFiles(name: string, body: object): Promise<ContainerFiles>
}
async function prepare(engine: EngineName): Promise<At> {
  const hostId = await lab.addHost(engine)
  const makeFiles = (name: string, body: object) => lab.make(engine, hostId, name, body)
  const files = await makeFiles('plain', { Cmd: ['/bin/sh', '-c', script] })
  await vi.waitFor(
    async () => expect((await witness(engine, ['exec', files.id, 'ls', '/data'])).stdout).toContain('loop'),
    { timeout: 30_000, interval: 200 },
  )

  const socketPath = labEngine(engine).localSocketPath
  return { engine, socketPath, files, makeFiles }
}

describe('files of a container', () => {
  const rows = new Map<EngineName, At>()
  beforeAll(async () => {
    await Promise.all(engines.map(async (engine) => rows.set(engine, await prepare(engine))))
  })
  const itAtEach = (name: string, run: (at: At) => Promise<unknown>, timeout?: number) =>
    itAt(engines)(name, (engine) => run(rows.get(engine) as At), timeout)

  itAtEach(
    'are listed, with sizes of folders, owners, links and names of any letters',
    async ({ engine, files }) => {
      const { entries, frames } = await files.list('/data')
      expect([...entries.keys()].sort()).toEqual(
        [
          'a.txt',
          'broken',
          'empty',
          'folder-link',
          'link',
          'long.txt',
          'loop',
          'pipe',
          'sub',
          'ä name',
        ].sort(),
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
      expect([...(await files.list('/data/folder-link')).entries.keys()].sort()).toEqual(['deep', 'zeros'])
      const hard = await files.list('/hard')
      expect([...hard.entries.values()].map(({ name, size }) => [name, size])).toEqual([
        ['a', 6],
        ['b', 6],
      ])
      expect([...(await files.list('/')).entries.keys()]).toEqual(
        expect.arrayContaining(['bin', 'data', 'etc']),
      )
    },
  )

  itAtEach(
    'are shown: text, its beginning, what a link leads to, and that a file is none',
    async ({ files }) => {
      const preview = async (of: string) =>
        (await files.get(`/preview?path=${encodeURIComponent(of)}`)).json as FilePreview
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
      expect(errorCodeOf(await files.get('/preview?path=/data/nope'))).toBe('file_not_found')
      expect(errorCodeOf(await files.get('/preview?path=/data/broken'))).toBe('file_not_found')
      expect(errorCodeOf(await files.get('/preview?path=/data/loop'))).toBe('file_link_loop')
      expect(errorCodeOf(await files.get('?path=/proc'))).toBe('file_hidden')
      for (const folder of ['/data/sub', '/data/folder-link'])
        expect(await preview(folder)).toMatchObject({ kind: 'directory' })
      expect(errorCodeOf(await files.get('/content?path=/data/folder-link'))).toBe('file_not_regular')
      expect(errorCodeOf(await files.get('/preview?path=/data/pipe'))).toBe('file_not_regular')
      expect(errorCodeOf(await files.get('?path=/data/a.txt'))).toMatch(
        /file_not_regular|file_not_found|engine_error/,
      )
      for (const bad of ['data', '/data/../etc', '/a%00b', ''])
        expect(errorCodeOf(await files.get(`/preview?path=${bad}`))).toBe('invalid_input')
    },
  )

  itAtEach(
    'are taken in and given out whole, also of a container that is stopped',
    async ({ engine, socketPath, files }) => {
      const bytes = randomBytes(5_000_000)
      const query = 'path=/data&name=up/load%20%C3%A4.bin&mode=416&uid=1000&gid=1001'
      expect(await files.put(query, bytes)).toMatchObject({ status: 204 })
      const sum = await witness(engine, ['exec', files.id, 'sha256sum', '/data/up/load ä.bin'])
      expect(sum.stdout.split(' ')[0]).toBe(digest(bytes))
      const stat = await witness(engine, ['exec', files.id, 'stat', '-c', '%a %u %g', '/data/up/load ä.bin'])
      expect(stat.stdout.trim()).toBe('640 1000 1001')
      expect(await files.put('path=/data&name=made&folder=true&mode=493', null)).toMatchObject({
        status: 204,
      })
      expect(
        (await witness(engine, ['exec', files.id, 'stat', '-c', '%a %F', '/data/made'])).stdout.trim(),
      ).toBe('755 directory')
      await engineCall(socketPath, 'POST', `/v1.41/containers/${files.id}/stop?t=0`)
      expect(await files.put('path=/data&name=stopped.txt', Buffer.from('while stopped'))).toMatchObject({
        status: 204,
      })
      const answer = await fetch(`${test.origin}${files.path}/content?path=/data/up/load%20%C3%A4.bin`, {
        headers: { cookie: test.cookie },
      })
      expect(answer.headers.get('content-disposition')).toContain(`filename*=UTF-8''load%20%C3%A4.bin`)
      expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(digest(bytes))
      const tar = await fetch(`${test.origin}${files.path}/archive?path=/data`, {
        headers: { cookie: test.cookie },
      })
      const archive = Buffer.from(await tar.arrayBuffer())
      expect(archive.includes('while stopped')).toBe(true)
      expect(archive.length).toBeGreaterThan(5_300_000)
      await engineCall(socketPath, 'POST', `/v1.41/containers/${files.id}/start`)
    },
  )

  itAtEach(
    'are replaced by their own kind alone, with the mode and owner of before',
    async ({ engine, files }) => {
      const say = async (...args: string[]) =>
        (await witness(engine, ['exec', files.id, ...args])).stdout.trim()
      await say('sh', '-c', 'mkdir -p /kind/full /kind/o/real; echo x > /kind/full/keep; echo f > /kind/file')
      await say(
        'sh',
        '-c',
        'ln -s /kind/o/real /kind/link; ln -s ../other /kind/o/real/rel; echo far > /kind/o/other',
      )
      await say('sh', '-c', 'chown 7:8 /kind/full/keep; chmod 4750 /kind/full/keep')
      const refusal = async (query: string, body: Buffer | null) => {
        const { status, text } = await files.put(query, body)
        return { status, code: errorCodeOf({ json: JSON.parse(text || '{}') }) }
      }
      const bytes = Buffer.from('new')
      expect(await refusal('path=/kind&name=full', bytes)).toEqual({ status: 409, code: 'folder_in_the_way' })
      expect(await refusal('path=/kind&name=file&folder=true', null)).toEqual({
        status: 409,
        code: 'file_in_the_way',
      })
      expect(await refusal('path=/kind&name=file/below', bytes)).toEqual({
        status: 409,
        code: 'file_in_the_way',
      })
      expect(await say('cat', '/kind/full/keep', '/kind/file')).toBe('x\nf')
      // A folder that is there is not made again: it keeps its mode.
      await say('chmod', '700', '/kind/full')
      expect(await files.put('path=/kind&name=full&folder=true&mode=493', null)).toMatchObject({
        status: 204,
      })
      expect(await say('stat', '-c', '%a', '/kind/full')).toBe('700')

      expect(await files.put('path=/kind&name=full/keep&uid=7&gid=8', bytes)).toMatchObject({ status: 204 })
      expect(await say('stat', '-c', '%a %u %g', '/kind/full/keep')).toBe('4750 7 8')
      if (engine.startsWith('docker')) {
        expect(await files.put('path=/kind&name=full/keep', bytes)).toMatchObject({ status: 204 })
        expect(await say('stat', '-c', '%a %u %g', '/kind/full/keep')).toBe('4750 7 8')
      }
      // Through a link on the way, which Docker 28 takes for a path below the folder.
      expect(await files.put('path=/kind&name=link/in/new', bytes)).toMatchObject({ status: 204 })
      expect(await say('cat', '/kind/o/real/in/new')).toBe('new')
      // And a link that is to be read from where its folder truly lies.
      expect((await files.get('/preview?path=/kind/link/rel')).json).toMatchObject({ text: 'far\n' })
    },
  )

  itAtEach(
    'are refused at once where all is read-only, whatever is still being sent',
    async ({ makeFiles }) => {
      const own = await makeFiles('ro', { Cmd: ['sleep', '600'], HostConfig: { ReadonlyRootfs: true } })
      // More than every buffer on the way holds, so that the answer comes in the middle.
      const answer = await own.put('path=/&name=big.bin', Buffer.alloc(64 * 1024 * 1024))
      expect(errorCodeOf({ json: JSON.parse(answer.text) })).toBe('container_read_only')
      expect(answer.status).toBe(409)
    },
  )

  itAtEach(
    'are refused where they cannot go, and an upload that is cut is told',
    async ({ engine, files }) => {
      // Podman makes the folder.
      const nowhere = await files.put('path=/nowhere&name=x', Buffer.from('x'))
      if (engine.startsWith('docker')) expect(nowhere.text).toContain('file_not_found')
      else expect(nowhere.status).toBe(204)
      for (const bad of [
        'path=/data&name=../x',
        'path=/data&name=a//b',
        'path=/../x&name=y',
        'path=/data&name=',
      ])
        expect(await files.put(bad, Buffer.from('x'))).toMatchObject({ status: 400 })
      await expect(files.put('path=/data&name=cut.bin', randomBytes(100_000), 5_000_000)).rejects.toThrow()
      expect((await files.get('/preview?path=/data/a.txt')).status).toBe(200)
    },
  )
})
