import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import { decodeName } from '#lib/byte-name.ts'
import type { FilePreview } from '#lib/contracts/files.ts'
import type { AppUnderTest } from '../../testing/app-under-test.ts'
import { file, link, tarOf } from '../../testing/archive-maker.ts'
import {
  type ContainerFiles,
  errorCodeOf,
  type FilesLab,
  startFilesLab,
} from '../../testing/container-files.ts'
import { give, join, makeRole } from '../../testing/people.ts'
import { visitor } from '../../testing/two-doors.ts'
import { sampleOf, wholeTables } from '../../testing/whole-tables.ts'

/** The newest of each kind; the older ones, which take four times as long, in `npm run test:hard`. */
const engines: readonly EngineName[] = wholeTables
  ? ['docker-tls', 'docker28-tcp', 'podman-ssh', 'podman5-tcp']
  : ['docker28-tcp', 'podman5-tcp']
let lab: FilesLab
let test: AppUnderTest
beforeAll(async () => {
  lab = await startFilesLab()
  test = lab.test
})
afterAll(() => lab.close())
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe.each(engines)('files at odd places of a container on %s', (engine) => {
  const socketPath = labEngine(engine).localSocketPath
  let files: ContainerFiles
  let makeFiles: (name: string, body: object) => Promise<ContainerFiles>
  beforeAll(async () => {
    const hostId = await lab.addHost(engine)
    makeFiles = (name, body) => lab.make(engine, hostId, name, body)
    files = await makeFiles('odd', {
      Cmd: ['/bin/sh', '-c', 'mkdir /at; echo hello > /at/a.txt; touch /at/ready; sleep 600'],
      HostConfig: { Tmpfs: { '/mem': 'mode=1777' } },
    })
    await vi.waitFor(
      async () => expect((await witness(engine, ['exec', files.id, 'ls', '/at'])).stdout).toContain('ready'),
      { timeout: 30_000, interval: 200 },
    )
  })

  it('are the ones asked for, whatever a pattern of their name would find, running and stopped', async () => {
    const volume = `${lab.prefix}-${engine}`
    const script = [
      `mkdir -p '/p/[dir]' '/p/star*' '/p/re[al]' /p/real '/p/back\\s'; cd /p; echo other > i.js; echo own > '[id].js'`,
      `echo other > axb; echo own > 'a*b'; echo other > bx; printf 'own\n' > 'b\\x'; echo other > qq; echo own > 'q?'`,
      `echo own > '{a,b}'; echo other > a; echo own > '[dir]/f'; echo own > 'star*/f'; echo own > 're[al]/f'`,
      `echo other > real/f; ln -s 're[al]' plain; ln -s '[id].js' 'l[1]'; echo own > 'back\\s/f'; echo own > '/v[1]/f'`,
      `echo own > '/v[1]/[f]'; touch /p/ready; sleep 600`,
    ].join('; ')
    lab.made.push(() => engineCall(socketPath, 'DELETE', `/v1.41/volumes/${volume}`))
    const own = await makeFiles('pat', {
      Cmd: ['/bin/sh', '-c', script],
      HostConfig: { Binds: [`${volume}:/v[1]`] },
    })
    const state = () => test.app.live.fleet.get('containers', own.hostId, own.id)?.state
    await expect.poll(async () => (await own.get('/preview?path=/p/ready')).status).toBe(200)
    const names = ['[id].js', 'a*b', 'b\\x', 'q?', '{a,b}', '[dir]/f', 'star*/f', 're[al]/f', 'l[1]']
    const paths = [...names, 'back\\s/f', '/v[1]/f', '/v[1]/[f]'].map((name) => posix.resolve('/p', name))
    for (const running of [true, false]) {
      await expect.poll(state).toBe(running ? 'running' : 'exited')
      const found: Record<string, unknown> = {}
      // A busy Podman takes seconds for each.
      const some = sampleOf(running ? paths : paths.slice(-6), 3)
      for (const each of some) {
        const answer = await own.get(`/preview?path=${encodeURIComponent(each)}`)
        found[each] = (answer.json as FilePreview).text ?? errorCodeOf(answer)
      }
      expect(found).toEqual(Object.fromEntries(some.map((each) => [each, 'own\n'])))
      const content = await fetch(
        `${test.origin}${own.path}/content?path=${encodeURIComponent('/p/[id].js')}`,
        {
          headers: { cookie: test.cookie },
        },
      )
      expect(await content.text()).toBe('own\n')
      for (const folder of sampleOf(['/p/star*', '/p/re[al]'], 2)) {
        expect([...(await own.list(folder)).entries.keys()]).toEqual(['f'])
        const tar = await fetch(`${test.origin}${own.path}/archive?path=${encodeURIComponent(folder)}`, {
          headers: { cookie: test.cookie },
        })
        expect(await tar.text()).toContain('own\n')
      }
      // Behind a link Podman of a stopped container would look for a pattern, and must not find the other one.
      const behind = await own.get('/preview?path=/p/plain/f')
      expect((behind.json as FilePreview).text ?? errorCodeOf(behind)).toMatch(/^(own\n|file_not_found)$/)
      for (const none of ['/p/no*', '/p/[i].js'])
        expect(errorCodeOf(await own.get(`/preview?path=${encodeURIComponent(none)}`))).toBe('file_not_found')
      const name = encodeURIComponent(running ? '[new]*' : '[later]*')
      for (const folder of sampleOf(['/v[1]', '/p/[dir]'], 2)) {
        const into = `path=${encodeURIComponent(folder)}&name=${name}`
        expect(await own.put(into, Buffer.from('first'))).toMatchObject({ status: 204 })
        // A second time it is there, and is replaced.
        expect(await own.put(into, Buffer.from('second'))).toMatchObject({ status: 204 })
        const answer = await own.get(`/preview?path=${encodeURIComponent(`${folder}/`)}${name}`)
        expect((answer.json as FilePreview).text).toBe('second')
      }
      const inTheWay = `path=/p&name=${encodeURIComponent('[dir]')}`
      expect(await own.put(inTheWay, Buffer.from('x'))).toMatchObject({ status: 409 })
      if (running) await engineCall(socketPath, 'POST', `/v1.41/containers/${own.id}/stop?t=0`)
    }
  }, 240_000)

  it('keep the bytes of names that are no UTF-8', async () => {
    const inside = (script: string) => witness(engine, ['exec', files.id, 'sh', '-c', script])
    const latin = String.raw`"/raw/caf$(printf '\351')"`
    const folder = String.raw`"/raw/$(printf '\377')d"`
    await inside(
      `mkdir -p ${folder}; echo own > ${latin}; echo other > /raw/café; echo deep > ${folder}/f; ln -s ${latin} /raw/link`,
    )
    const bytes = (...parts: (string | number)[]) =>
      decodeName(Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'string' ? part : [part]))))
    const [file, below] = [bytes('caf', 0xe9), bytes(0xff, 'd')]
    const { entries } = await files.list('/raw')
    expect([...entries.keys()].sort()).toEqual([file, 'café', 'link', below].sort())
    expect([...(await files.list(`/raw/${below}`)).entries.keys()]).toEqual(['f'])
    const texts = [file, 'café', `${below}/f`].map(async (name) => {
      const answer = await files.get(`/preview?path=${encodeURIComponent(`/raw/${name}`)}`)
      return (answer.json as FilePreview).text ?? errorCodeOf(answer)
    })
    // Docker 20.10 gives it with its folder alone.
    const own = engine === 'docker-tls' ? 'file_name_not_text' : 'own\n'
    expect(await Promise.all(texts)).toEqual([own, 'other\n', 'deep\n'])
    for (const name of [file, bytes('new', 0xfe)])
      expect(
        await files.put(`path=/raw&name=${encodeURIComponent(name)}`, Buffer.from('written')),
      ).toMatchObject({
        status: 204,
      })
    const told = await inside(String.raw`cat ${latin} "/raw/new$(printf '\376')" /raw/café; ls /raw | wc -l`)
    expect(told.stdout.trim().split(/\s+/)).toEqual(['writtenwrittenother', '5'])
  })

  it('in a tmpfs are those that the container sees, for who may run commands in it; others are told', async () => {
    const inside = (script: string) => witness(engine, ['exec', files.id, 'sh', '-c', script])
    await inside('mkdir /mem/d; echo in > /mem/a; echo deep > /mem/d/-f; ln -s /mem/d/-f /at/into')
    const { entries } = await files.list('/mem')
    expect([...entries.keys()].sort()).toEqual(['a', 'd'])
    expect(entries.get('a')).toMatchObject({ kind: 'file', size: 3 })
    for (const [of, text] of [
      ['/mem/a', 'in\n'],
      ['/mem/d/-f', 'deep\n'],
      ['/at/into', 'deep\n'],
    ])
      expect((await files.get(`/preview?path=${of}`)).json).toMatchObject({ kind: 'text', text })
    expect(errorCodeOf(await files.get('/preview?path=/mem/nope'))).toBe('file_not_found')
    const bytes = randomBytes(1_500_000)
    expect(await files.put('path=/mem&name=new/big', bytes)).toMatchObject({ status: 204 })
    expect(await files.put('path=/mem&name=a', Buffer.from('replaced'))).toMatchObject({ status: 204 })
    const told = await inside('sha256sum /mem/new/big; cat /mem/a')
    expect(told.stdout).toBe(`${digest(bytes)}  /mem/new/big\nreplaced`)
    const content = await fetch(`${test.origin}${files.path}/content?path=/mem/new/big`, {
      headers: { cookie: test.cookie },
    })
    expect(digest(Buffer.from(await content.arrayBuffer()))).toBe(digest(bytes))
    expect(
      errorCodeOf({ json: JSON.parse((await files.put('path=/mem&name=d', Buffer.from('x'))).text) }),
    ).toBe('folder_in_the_way')
    if (!engine.startsWith('docker')) return
    // No writer is left behind by a reader that has seen enough.
    expect((await files.get('/preview?path=/mem/new/big')).json).toMatchObject({ kind: 'binary' })
    await expect.poll(async () => (await inside('ps')).stdout).not.toContain('tar -c')
    const reader = await join(test, `reader-${engine}`, null)
    const role = await makeRole(test, `Reader of ${engine}`, ['containers.view', 'containers.files.read'])
    const hosts = { kind: 'host', hostId: files.hostId } as const
    await give(test, reader, { effect: 'allow', role, hosts, containers: { kind: 'all' } })
    expect(errorCodeOf(await reader.call('GET', `${files.path}/preview?path=/mem/a`))).toBe('file_hidden')
    expect(errorCodeOf(await reader.call('GET', `${files.path}/preview?path=/at/into`))).toBe('file_hidden')
    expect((await reader.call('GET', `${files.path}/preview?path=/at/a.txt`)).status).toBe(200)
  })

  it('are none of the host, by links of the container or of an upload, running and stopped', async () => {
    // The hosts of the lab share our /tmp. It is not looked at by way of the engine's process: Podman enters a container's
    // mounts with a thread of its own, and where that was the first one the process has the container's root from then on.
    const outside = `/tmp/${lab.prefix}-${engine}`
    mkdirSync(outside)
    lab.made.push(async () => rmSync(outside, { recursive: true }))
    writeFileSync(`${outside}/secret`, 'canary')
    const climb = `../../../../../../../../../../../..${outside}`
    const links = { absolute: outside, relative: climb, process: `/proc/1/root${outside}`, root: '/' }
    const linked = Object.entries(links).map(([name, target]) => `ln -s ${target} /escape/${name}`)
    await witness(engine, ['exec', files.id, '/bin/sh', '-c', ['mkdir /escape', ...linked].join('; ')])
    const ways = ['absolute', 'relative', 'process', `root${outside}`].map((way) => `/escape/${way}`)
    const { token } = await visitor(test, test)
    const hostId = files.hostId
    const gateway = async (method: string, at: string, tar?: Buffer) => {
      const url = `${test.origin}/h/${hostId}/v1.41/containers/${files.id}/archive?path=${encodeURIComponent(at)}`
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-tar' }
      const answer = await fetch(url, { method, headers, ...(tar ? { body: new Uint8Array(tar) } : {}) })
      return answer.text()
    }
    const tars = [
      [link('sent', outside), file('sent/one', 'x')],
      [link('climbs', climb), file('climbs/two', 'x')],
      [file(`${climb}/three`, 'x')],
      [file(`${outside}/four`, 'x')],
      [link('hard', `${outside}/secret`, '1'), file('hard', 'written')],
    ]
    for (const state of ['running', 'stopped']) {
      if (state === 'stopped') await engineCall(socketPath, 'POST', `/v1.41/containers/${files.id}/stop?t=0`)
      for (const way of ways) {
        await files.put(`path=${way}&name=sent`, Buffer.from('x'))
        const texts = await Promise.all(
          ['/preview', '/content', ''].map(async (kind) => {
            const headers = { cookie: test.cookie }
            return (await fetch(`${test.origin}${files.path}${kind}?path=${way}/secret`, { headers })).text()
          }),
        )
        for (const text of [...texts, await gateway('GET', `${way}/secret`)])
          expect([state, way, text.includes('canary')]).toEqual([state, way, false])
      }
      for (const parts of tars) await gateway('PUT', '/escape', tarOf(parts))
      expect([state, readdirSync(outside)]).toEqual([state, ['secret']])
      expect(readFileSync(`${outside}/secret`, 'utf8')).toBe('canary')
    }
  })
})
