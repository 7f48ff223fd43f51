import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { LogOptions, LogServerFrame } from '#lib/contracts/logs.ts'
import { itAt } from '../../testing/it-at.ts'
import { inAnyOrderOnPodman4, type LogLab, startLogLab } from '../../testing/log-lab.ts'

const engines: readonly EngineName[] = ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp']

const itAtEach = itAt(engines)
let lab: LogLab
beforeAll(async () => {
  lab = await startLogLab('logs', engines)
})
afterEach(() => lab.cutViewers())
afterAll(() => lab.close())

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `n ${from + index}`)
const count = (to: number, pause = '') =>
  `trap 'exit 0' TERM; i=0; while [ $i -lt ${to} ]; do i=$((i+1)); echo "n $i"; ${pause} done; sleep 600 & wait`

/** 32 KiB in one write: engines cut it at 8 or 16 KiB, in the middle of characters where there is an odd byte before. */
const double = 's=ä; i=0; while [ $i -lt 14 ]; do s=$s$s; i=$((i+1)); done;'

describe('the log of a container', () => {
  itAtEach('comes whole and once, then as it is written, both streams', async (engine) => {
    const id = await lab.run(
      engine,
      'both',
      `${count(300).replace('done; sleep', 'echo "to stderr" >&2; done; sleep')}`,
    )
    const viewer = await lab.view(lab.of(engine, id), { tail: 10_000 }).open()
    await expect.poll(() => viewer.rows.length).toBe(600)
    expect(viewer.rows.filter((row) => row.stream === 0).map((row) => row.text)).toEqual(numbers(1, 300))
    expect(viewer.rows.filter((row) => row.stream === 1)).toHaveLength(300)
    const only = await lab.view(lab.of(engine, id), { tail: 10_000, stdout: false }).open()
    await expect.poll(() => only.rows.length).toBe(300)
    expect(new Set(only.text)).toEqual(new Set(['to stderr']))
    only.cut()
  })

  itAtEach(
    'goes on when the container is stopped and started again, and when the viewer is cut',
    async (engine) => {
      const id = await lab.run(engine, 'again', `echo begin; ${count(50, 'sleep 0.02;')}`)
      const viewer = await lab.view(lab.of(engine, id)).open()
      await expect.poll(() => viewer.text.includes('n 50')).toBe(true)
      const { localSocketPath } = labEngine(engine)
      // Not a restart: Podman 4.3 answers one with 500 now and then, when the container ends by itself on SIGTERM.
      const act = (verb: string) =>
        engineCall(localSocketPath, 'POST', `/v1.41/containers/${id}/${verb}`).then(
          () => true,
          () => false,
        )
      await act('stop?t=1')
      await expect.poll(() => act('start')).toBe(true)
      await expect.poll(() => viewer.rows.length).toBeGreaterThan(70)
      viewer.cut()
      await sleep(300)
      await viewer.open()
      await expect.poll(() => viewer.rows.length).toBe(102)
      const twice = ['begin', ...numbers(1, 50), 'begin', ...numbers(1, 50)]
      expect(inAnyOrderOnPodman4(engine, viewer.text)).toEqual(inAnyOrderOnPodman4(engine, twice))
    },
  )

  itAtEach('is a terminal’s where the container has one, long lines and characters whole', async (engine) => {
    const long = 'ä'.repeat(16_384)
    // With a number of lines, Podman 4.3 gives of a long line only the last piece.
    const all: LogOptions = engine === 'podman-tcp' ? { since: '1' } : {}
    const id = await lab.run(engine, 'tty', `${double} echo $s; echo ende; sleep 600`, {
      Tty: true,
    })
    const viewer = await lab.view(lab.of(engine, id), all).open()
    await expect.poll(() => viewer.text.at(-1)).toBe('ende')
    const lengths = viewer.text.map((text) => text.length)
    expect(lengths).toEqual([16_384, 4])
    expect(viewer.text[0] === long).toBe(true)
    viewer.cut()
    const plain = await lab.run(engine, 'long', `${double} echo $s; printf unended`)
    const other = await lab.view(lab.of(engine, plain), all).open()
    await expect.poll(() => other.text).toEqual([long, 'unended'])
  })

  // One after the other: the server's tails are counted.
  it.each(engines)(
    'of %s loads older lines, and takes up where another viewer reads already',
    async (engine) => {
      const id = await lab.run(engine, 'older', count(1000))
      await lab.written(engine, id, 'n 1000')
      const viewer = await lab.view(lab.of(engine, id), { tail: 50 }).open()
      await expect.poll(() => viewer.text).toEqual(numbers(951, 1000))
      const [first] = viewer.rows
      viewer.say({ type: 'older', source: 0, before: String(first?.time), shown: 50, limit: 100 })
      const second = await lab.view(lab.of(engine, id), { tail: 5 }).open()
      await expect.poll(() => second.text).toEqual(numbers(996, 1000))
      expect(lab.app.app.logs.tails.size).toBe(1)
      const older = () => viewer.frames.find((frame) => frame.type === 'older')
      await expect.poll(older).toBeDefined()
      const found = older()
      // Podman tells whole seconds: all of these lines may have one time, and every one is given all the same.
      expect(found).toMatchObject({ more: true })
      expect(found?.type === 'older' && found.rows.map((row) => row[3])).toEqual(numbers(851, 950))
      viewer.cut()
      second.cut()
      await expect.poll(() => lab.app.app.logs.tails.size).toBe(0)
    },
  )
})

it('merges containers of several hosts in time order, and takes in what comes', async () => {
  const viewer = await lab.view({ filter: `name~${lab.prefix}-merge` }).open()
  await expect.poll(() => viewer.frames.length).toBeGreaterThan(0)
  const nano: EngineName[] = ['docker-unix', 'docker28-tcp']
  for (const engine of nano)
    await lab.run(
      engine,
      'merge',
      'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "n $i"; sleep 0.05; done; sleep 600',
    )
  await expect.poll(() => viewer.rows.length).toBe(80)
  expect([...viewer.sources.values()].map((source) => source.host).sort()).toEqual([...nano].sort())
  const later = viewer.rows.slice(40).map((row) => row.time)
  expect(later).toEqual([...later].sort((a, b) => (a < b ? -1 : 1)))
  viewer.cut()
})

it('is a file to download: merged, as text or as JSON lines, without control characters', async () => {
  const id = await lab.run(
    'docker-unix',
    'file',
    String.raw`printf 'a\033]52;c;eA==\007b\n'; echo err >&2; i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo "n $i"; done; sleep 600`,
  )
  const ref = `${lab.hosts.get('docker-unix')}/${id}`
  const get = async (query: string) =>
    fetch(`${lab.app.origin}/api/logs/download?${query}`, { headers: { cookie: lab.app.cookie } })
  await lab.written('docker-unix', id, 'n 30000')
  const lines = (await (await get(`containers=${ref}`)).text()).trimEnd().split('\n')
  expect(lines).toHaveLength(30_002)
  // Engines read both streams at once: where the line of the other one is stored is theirs.
  const texts = lines.map((line) => line.slice(31))
  expect(texts.filter((text) => !/^n \d+$/.test(text)).sort()).toEqual(['ab', 'err'])
  expect(lines[0]).toMatch(/^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{9}Z /)
  expect(lines.at(-1)).toMatch(/ n 30000$/)
  const json = await get(`filter=name~${lab.prefix}-file&format=ndjson&stdout=false`)
  expect(json.headers.get('content-disposition')).toMatch(/attachment; filename=".*\.ndjson"/)
  const rows = (await json.text()).trim().split('\n')
  expect(rows.map((row) => JSON.parse(row))).toEqual([
    expect.objectContaining({
      host: 'docker-unix',
      container: expect.stringMatching(`^${lab.prefix}-file`),
      stream: 'stderr',
      line: 'err',
    }),
  ])
  const filtered = async (query: string) => (await get(`containers=${ref}&${query}`)).text()
  expect((await filtered('keep=N%2029999')).replaceAll(/^\S+ /gm, '')).toBe('n 29999\n')
  expect((await filtered('keep=%5En%201%2B%24&mode=regex')).replaceAll(/^\S+ /gm, '').split('\n')).toEqual([
    'n 1',
    'n 11',
    'n 111',
    'n 1111',
    'n 11111',
    '',
  ])
  expect(await filtered('level=error')).toBe('')
  expect((await get(`containers=${ref}&keep=(&mode=regex`)).status).toBe(400)
  expect((await get('')).status).toBe(400)
  expect((await get(`containers=${ref}&filter=x`)).status).toBe(400)
  expect((await get(`containers=${lab.hosts.get('docker-unix')}/${'0'.repeat(64)}`)).status).toBe(404)
  expect(await (await get('filter=name:nothing-of-that-name')).text()).toBe('')
})

itAt([
  ['docker-unix', 'none'],
  ['docker28-tcp', 'none'],
  ['podman-tcp', 'none'],
  ['podman5-tcp', 'none'],
  ['podman5-tcp', 'passthrough'],
] as const)(
  'says of a driver that keeps no log that it keeps none, wherever it is asked',
  async ([engine, Type]) => {
    const id = await lab.run(engine, `unreadable-${Type}`, 'echo x; sleep 600', {
      HostConfig: { LogConfig: { Type } },
    })
    const kept = await lab.run(engine, `readable-${Type}`, 'echo x; sleep 600')
    const refs = [id, kept].map((containerId) => ({ hostId: lab.hosts.get(engine) ?? '', containerId }))
    for (const options of [{}, { follow: false }, { since: '1' }]) {
      const viewer = await lab.view({ containers: refs }, options).open()
      await expect
        .poll(() => viewer.sources.get(0))
        .toMatchObject({ state: 'failed', error: { code: 'log_unreadable' } })
      await expect.poll(() => viewer.text).toEqual(['x'])
      viewer.say({ type: 'older', source: 0, before: '1', shown: 0 })
      await expect
        .poll(() => viewer.frames)
        .toContainEqual(
          expect.objectContaining({
            type: 'error',
            error: expect.objectContaining({ code: 'log_unreadable' }),
          }),
        )
      viewer.cut()
    }
    const get = (query: string) =>
      fetch(`${lab.app.origin}/api/logs/download?${query}`, { headers: { cookie: lab.app.cookie } })
    const [none, both] = refs.map(({ hostId, containerId }) => `${hostId}/${containerId}`)
    const alone = await get(`containers=${none}`)
    expect(alone.status).toBe(501)
    expect(await alone.json()).toMatchObject({ error: { code: 'log_unreadable' } })
    expect(await (await get(`containers=${none},${both}`)).text()).toMatch(
      /unreadable.*keeps no log[\s\S]* x\n|x\n[\s\S]*keeps no log/,
    )
    const rows = (await (await get(`containers=${none},${both}&format=ndjson`)).text()).trim().split('\n')
    expect(rows.map((row) => JSON.parse(row))).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ code: 'log_unreadable' }) }),
    )
  },
)

it('pauses a viewer that takes nothing, tells it, and loses nothing', async () => {
  const id = await lab.run('docker28-tcp', 'slow', count(20_000))
  const viewer = lab.view(lab.of('docker28-tcp', id), { tail: 10_000 })
  viewer.takes = false
  await viewer.open()
  const slow = () => viewer.frames.find((frame) => frame.type === 'slow')
  await expect.poll(slow).toEqual({ type: 'slow', paused: true })
  const held = viewer.rows.length
  await sleep(1000)
  expect(viewer.rows.length).toBe(held)
  viewer.takes = true
  viewer.say({ type: 'taken', lines: held })
  await expect.poll(() => viewer.text.at(-1)).toBe('n 20000')
  const first = Number(viewer.text[0]?.slice(2))
  expect(viewer.text).toEqual(numbers(first, 20_000))
  viewer.cut()
})

it('does not read for who may not', async () => {
  const fleet = lab.app.app.live.fleet.all('containers')
  const [container] = fleet as Container[]
  const principal = { userId: 'x', sessionId: 'x', name: 'x', email: 'x', role: 'viewer' as const }
  const request = { options: { follow: true, tail: 5, stdout: true, stderr: true }, resume: {} }
  const refs = { containers: [{ hostId: container?.hostId ?? '', containerId: container?.id ?? '' }] }
  const closed = lab.app.app.logs.view(principal, { selection: refs, ...request }, () => {})
  expect(() => closed.open()).toThrow('denied')
  const frames: LogServerFrame[] = []
  const none = lab.app.app.logs.view(principal, { selection: { filter: '' }, ...request }, (frame) =>
    frames.push(frame),
  )
  none.open()
  expect(frames).toEqual([{ type: 'sources', sources: [] }])
  none.close()
})
