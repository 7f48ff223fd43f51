import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { LogOptions, LogSelection, LogServerFrame } from '#lib/contracts/logs.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { labTransport } from '../testing/lab-hosts.ts'
import { LogViewer } from '../testing/log-viewer.ts'

const prefix = `logs-${randomUUID().slice(0, 8)}`
const engines: readonly EngineName[] = ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp']

let test: AppUnderTest
const made: { socketPath: string; id: string }[] = []
const hosts = new Map<EngineName, string>()
const viewers: LogViewer[] = []

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const name of engines) {
    const answer = await test.call('POST', '/api/hosts', { name, transport: labTransport(name) })
    hosts.set(name, (answer.json as Host).id)
  }
  const synced = async () =>
    ((await test.call('GET', '/api/hosts')).json as Host[]).every((host) => host.syncedAt)
  for (const end = Date.now() + 30_000; !(await synced()) && Date.now() < end; ) await sleep(100)
})
afterEach(() => {
  for (const viewer of viewers.splice(0)) viewer.cut()
})
afterAll(async () => {
  await test.close()
  for (const { socketPath, id } of made)
    await engineCall(socketPath, 'DELETE', `/v1.41/containers/${id}?force=1`).catch(() => {})
})

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function run(engine: EngineName, name: string, script: string, more: object = {}): Promise<string> {
  const socketPath = labEngine(engine).localSocketPath
  const { Id } = await engineCall<{ Id: string }>(
    socketPath,
    'POST',
    `/v1.41/containers/create?name=${prefix}-${name}`,
    { Image: labImages.busybox, Cmd: ['/bin/sh', '-c', script], ...more },
  )
  made.push({ socketPath, id: Id })
  await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
  const known = () => test.app.live.fleet.get('containers', hosts.get(engine) ?? '', Id)
  await expect.poll(known, { timeout: 15_000 }).toBeDefined()
  return Id
}

function view(selection: LogSelection, options: LogOptions = {}): LogViewer {
  const viewer = new LogViewer(test, selection, options)
  viewers.push(viewer)
  return viewer
}

const of = (engine: EngineName, containerId: string): LogSelection => ({
  containers: [{ hostId: hosts.get(engine) ?? '', containerId }],
})
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `n ${from + index}`)
const count = (to: number, pause = '') =>
  `trap 'exit 0' TERM; i=0; while [ $i -lt ${to} ]; do i=$((i+1)); echo "n $i"; ${pause} done; while :; do sleep 1; done`

/** 32 KiB in one write: engines cut it at 8 or 16 KiB, in the middle of characters where there is an odd byte before. */
const double = 's=ä; i=0; while [ $i -lt 14 ]; do s=$s$s; i=$((i+1)); done;'

describe.each(engines)('the log of a container on %s', (engine) => {
  it('comes whole and once, then as it is written, both streams', async () => {
    const id = await run(
      engine,
      'both',
      `${count(300).replace('done; while', 'echo "to stderr" >&2; done; while')}`,
    )
    const viewer = await view(of(engine, id), { tail: 10_000 }).open()
    await expect.poll(() => viewer.rows.length, { timeout: 15_000 }).toBe(600)
    expect(viewer.rows.filter((row) => row.stream === 0).map((row) => row.text)).toEqual(numbers(1, 300))
    expect(viewer.rows.filter((row) => row.stream === 1)).toHaveLength(300)
    const only = await view(of(engine, id), { tail: 10_000, stdout: false }).open()
    await expect.poll(() => only.rows.length).toBe(300)
    expect(new Set(only.text)).toEqual(new Set(['to stderr']))
    only.cut()
  })

  it('goes on when the container is stopped and started again, and when the viewer is cut', async () => {
    const id = await run(engine, 'again', `echo begin; ${count(50, 'sleep 0.02;')}`)
    const viewer = await view(of(engine, id)).open()
    await expect.poll(() => viewer.text.includes('n 50'), { timeout: 15_000 }).toBe(true)
    const { localSocketPath } = labEngine(engine)
    // Not a restart: Podman 4.3 answers one with 500 now and then, when the container ends by itself on SIGTERM.
    const act = (verb: string) =>
      engineCall(localSocketPath, 'POST', `/v1.41/containers/${id}/${verb}`).then(
        () => true,
        () => false,
      )
    await act('stop?t=1')
    await expect.poll(() => act('start'), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => viewer.rows.length, { timeout: 20_000 }).toBeGreaterThan(70)
    viewer.cut()
    await sleep(300)
    await viewer.open()
    await expect.poll(() => viewer.rows.length, { timeout: 20_000 }).toBe(102)
    expect(viewer.text).toEqual(['begin', ...numbers(1, 50), 'begin', ...numbers(1, 50)])
  })

  it('is a terminal’s where the container has one, long lines and characters whole', async () => {
    const long = 'ä'.repeat(16_384)
    // With a number of lines, Podman 4.3 gives of a long line only the last piece.
    const all: LogOptions = engine === 'podman-tcp' ? { since: '1' } : {}
    const id = await run(engine, 'tty', `${double} echo $s; echo ende; sleep 600`, {
      Tty: true,
    })
    const viewer = await view(of(engine, id), all).open()
    await expect.poll(() => viewer.text.at(-1), { timeout: 15_000 }).toBe('ende')
    const lengths = viewer.text.map((text) => text.length)
    expect(lengths).toEqual([16_384, 4])
    expect(viewer.text[0] === long).toBe(true)
    viewer.cut()
    const plain = await run(engine, 'long', `${double} echo $s; printf unended`)
    const other = await view(of(engine, plain), all).open()
    await expect.poll(() => other.text, { timeout: 15_000 }).toEqual([long, 'unended'])
  })

  it('loads older lines, and takes up where another viewer reads already', async () => {
    const id = await run(engine, 'older', count(1000))
    const viewer = await view(of(engine, id), { tail: 50 }).open()
    await expect.poll(() => viewer.text, { timeout: 15_000 }).toEqual(numbers(951, 1000))
    const [first] = viewer.rows
    viewer.say({ type: 'older', source: 0, before: String(first?.time), shown: 50, limit: 100 })
    const second = await view(of(engine, id), { tail: 5 }).open()
    await expect.poll(() => second.text).toEqual(numbers(996, 1000))
    expect(test.app.logs.tails.size).toBe(1)
    const older = () => viewer.frames.find((frame) => frame.type === 'older')
    await expect.poll(older).toBeDefined()
    const found = older()
    // Podman's whole seconds can't tell which lines of that second are shown: then those before it are given.
    if (found?.type === 'older' && found.rows.length > 0) {
      expect(found.rows.map((row) => row[3])).toEqual(numbers(951 - found.rows.length, 950))
    }
    viewer.cut()
    second.cut()
    await expect.poll(() => test.app.logs.tails.size).toBe(0)
  })
})

it('merges containers of several hosts in time order, and takes in what comes', async () => {
  const viewer = await view({ filter: `name~${prefix}-merge` }).open()
  await expect.poll(() => viewer.frames.length).toBeGreaterThan(0)
  const nano: EngineName[] = ['docker-unix', 'docker28-tcp']
  for (const engine of nano)
    await run(
      engine,
      'merge',
      'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "n $i"; sleep 0.05; done; sleep 600',
    )
  await expect.poll(() => viewer.rows.length, { timeout: 20_000 }).toBe(80)
  expect([...viewer.sources.values()].map((source) => source.host).sort()).toEqual([...nano].sort())
  const later = viewer.rows.slice(40).map((row) => row.time)
  expect(later).toEqual([...later].sort((a, b) => (a < b ? -1 : 1)))
  viewer.cut()
})

it('is a file to download: merged, as text or as JSON lines, without control characters', async () => {
  const id = await run(
    'docker-unix',
    'file',
    String.raw`printf 'a\033]52;c;eA==\007b\n'; echo err >&2; i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo "n $i"; done; sleep 600`,
  )
  const ref = `${hosts.get('docker-unix')}/${id}`
  const get = async (query: string) =>
    fetch(`${test.origin}/api/logs/download?${query}`, { headers: { cookie: test.cookie } })
  const whole = async () => (await (await get(`containers=${ref}`)).text()).trimEnd().split('\n')
  await expect.poll(async () => (await whole()).length, { timeout: 15_000 }).toBe(30_002)
  const lines = await whole()
  expect(lines[0]).toMatch(/^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{9}Z ab$/)
  expect(lines.at(-1)).toMatch(/ n 30000$/)
  const json = await get(`filter=name:${prefix}-file&format=ndjson&stdout=false`)
  expect(json.headers.get('content-disposition')).toMatch(/attachment; filename=".*\.ndjson"/)
  const rows = (await json.text()).trim().split('\n')
  expect(rows.map((row) => JSON.parse(row))).toEqual([
    expect.objectContaining({
      host: 'docker-unix',
      container: `${prefix}-file`,
      stream: 'stderr',
      line: 'err',
    }),
  ])
  expect((await get('')).status).toBe(400)
  expect((await get(`containers=${ref}&filter=x`)).status).toBe(400)
  expect((await get(`containers=${hosts.get('docker-unix')}/${'0'.repeat(64)}`)).status).toBe(404)
  expect(await (await get('filter=name:nothing-of-that-name')).text()).toBe('')
})

it('says of a driver that it cannot be read', async () => {
  const id = await run('docker-unix', 'unreadable', 'echo x; sleep 600', {
    HostConfig: { LogConfig: { Type: 'none' } },
  })
  const viewer = await view(of('docker-unix', id)).open()
  await expect
    .poll(() => viewer.sources.get(0))
    .toMatchObject({ state: 'failed', error: { code: 'log_unreadable' } })
  viewer.cut()
})

it('pauses a viewer that takes nothing, tells it, and loses nothing', async () => {
  const id = await run('docker28-tcp', 'slow', count(20_000))
  const viewer = view(of('docker28-tcp', id), { tail: 10_000 })
  viewer.takes = false
  await viewer.open()
  const slow = () => viewer.frames.find((frame) => frame.type === 'slow')
  await expect.poll(slow, { timeout: 15_000 }).toEqual({ type: 'slow', paused: true })
  const held = viewer.rows.length
  await sleep(1000)
  expect(viewer.rows.length).toBe(held)
  viewer.takes = true
  viewer.say({ type: 'taken', lines: held })
  await expect.poll(() => viewer.text.at(-1), { timeout: 15_000 }).toBe('n 20000')
  const first = Number(viewer.text[0]?.slice(2))
  expect(viewer.text).toEqual(numbers(first, 20_000))
  viewer.cut()
})

it('does not read for who may not', async () => {
  const fleet = test.app.live.fleet.all('containers')
  const [container] = fleet as Container[]
  const principal = { userId: 'x', sessionId: 'x', name: 'x', email: 'x', role: 'viewer' as const }
  const request = { options: { follow: true, tail: 5, stdout: true, stderr: true }, resume: {} }
  const refs = { containers: [{ hostId: container?.hostId ?? '', containerId: container?.id ?? '' }] }
  const closed = test.app.logs.view(principal, { selection: refs, ...request }, () => {})
  expect(() => closed.open()).toThrow('container_not_found')
  const frames: LogServerFrame[] = []
  const none = test.app.logs.view(principal, { selection: { filter: '' }, ...request }, (frame) =>
    frames.push(frame),
  )
  none.open()
  expect(frames).toEqual([{ type: 'sources', sources: [] }])
  none.close()
})
