import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { addHost, runningContainer, watchStats } from '../../testing/stats-viewer.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

/** Between us and an engine: counts the streams of stats that are open. */
async function counting(name: EngineName) {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-stats-'))
  const socketPath = join(folder, 'engine.sock')
  const open = new Set<unknown>()
  const engines = new Set<Socket>()
  let opened = 0
  const server: Server = createServer((client) => {
    const engine = connect(labEngine(name).localSocketPath)
    client.on('data', (data) => {
      const path = /^GET (\S+)/.exec(data.toString('latin1'))?.[1] ?? ''
      if (!/\/stats\?stream=true/.test(path)) return
      open.add(client)
      opened++
    })
    engines.add(engine)
    client.pipe(engine).pipe(client)
    for (const each of [client, engine]) {
      each.on('error', () => {})
      each.on('close', () => {
        open.delete(client)
        client.destroy()
        engine.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  return {
    socketPath,
    streams: () => ({ open: open.size, opened }),
    /** From now on the engine says nothing, as a frozen host does. */
    freeze() {
      for (const engine of engines) engine.unpipe()
    },
    close() {
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

describe.each([
  ['docker-unix', 2],
  ['podman-unix', 1],
] as const)('streams of %s', (name, streamsOfTwo) => {
  it('are one for all viewers of a container (of a host on Podman), and end with the last', async () => {
    const line = await counting(name)
    const hostId = await addHost(test, `counted-${name}`, { kind: 'unix', socketPath: line.socketPath })
    const burner = await runningContainer(test, hostId, 'burner')
    const chatter = await runningContainer(test, hostId, 'chatter')
    expect(line.streams().open).toBe(0)
    const viewers = await Promise.all([watchStats(test), watchStats(test), watchStats(test)])
    const watched = viewers.map((viewer) => viewer.watch(burner))
    for (const viewer of viewers) await expect.poll(() => viewer.samples(burner.id).length).toBeGreaterThan(1)
    expect(line.streams()).toEqual({ open: 1, opened: 1 })
    const other = viewers[0]?.watch(chatter)
    await expect.poll(() => viewers[0]?.samples(chatter.id).length).toBeGreaterThan(1)
    expect(line.streams().open).toBe(streamsOfTwo)
    other?.leave()
    watched[0]?.leave()
    viewers[1]?.socket.terminate()
    await expect.poll(() => line.streams().open).toBe(1)
    const seen = viewers[2]?.samples(burner.id).length ?? 0
    await expect.poll(() => viewers[2]?.samples(burner.id).length).toBeGreaterThan(seen + 1)
    viewers[2]?.socket.terminate()
    await expect.poll(() => line.streams().open).toBe(0)
    viewers[0]?.socket.terminate()
    await test.call('DELETE', `/api/hosts/${hostId}`)
    line.close()
  })
})

describe.each(['docker-unix', 'podman-unix'] as const)('a silent %s', (name) => {
  it('leaves gaps, in the charts and in the summary, and no zeros', async () => {
    const line = await counting(name)
    const hostId = await addHost(test, `silent-${name}`, { kind: 'unix', socketPath: line.socketPath })
    const burner = await runningContainer(test, hostId, 'burner')
    const viewer = await watchStats(test)
    viewer.watch(burner)
    await expect.poll(() => viewer.samples(burner.id).length).toBeGreaterThan(2)
    await expect
      .poll(() => test.app.stats.store.hosts.get(hostId)?.series.last()?.[1] ?? 0)
      .toBeGreaterThan(0)
    line.freeze()
    await expect
      .poll(() => viewer.samples(burner.id).at(-1)?.slice(1))
      .toEqual(Array.from({ length: 8 }, () => null))
    await expect.poll(() => test.app.hosts.registry.get(hostId).state).not.toBe('online')
    expect(test.app.stats.store.hosts.get(hostId)?.series.last()?.slice(1, 3)).toEqual([null, null])
    const { coarse } = test.app.stats.store.history(hostId, burner.id) ?? {}
    expect(coarse?.last()?.slice(1, 3)).toEqual([null, null])
    expect(viewer.samples(burner.id).map((point) => point[2])).not.toContain(0)
    viewer.socket.terminate()
    await test.call('DELETE', `/api/hosts/${hostId}`)
    line.close()
  })
})
