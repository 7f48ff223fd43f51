import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import type { Host } from '../lib/contracts/hosts.ts'
import type { LiveFrame } from '../lib/contracts/live.ts'
import { ensureBuild } from '../scripts/environment.js'
import { type BenchResult, ms, percentile } from './measure.ts'
import { answerOf, type Call, type MeasuredServer, startServer, until } from './server-process.ts'
import type { FleetCommand } from './simulated-fleet.ts'

const hostCount = 100
const perHost = 50
const viewerCount = 50
const silentCount = 30
const port = 17_799

/**
 * The whole server, pages included, as a process of its own: 100 simulated hosts, 5,000 containers, 50 viewers; then 30
 * of the hosts fall silent. Simulated, since one machine cannot run a hundred engines; the sockets are real.
 */
export async function benchScale(): Promise<BenchResult> {
  ensureBuild()
  const fleet = fork(join(import.meta.dirname, 'simulated-fleet.ts'), [String(hostCount), String(perHost)])
  const server = await startServer(port)
  const viewers: WebSocket[] = []
  try {
    const ready = await answerOf<'ready'>(fleet)
    const { call } = server
    const rssEmpty = server.rss()

    const registering = performance.now()
    for (const [index, enginePort] of ready.ports.entries()) {
      const transport = { kind: 'tcp', host: '127.0.0.1', port: enginePort }
      await call('POST', '/api/hosts', { name: `sim-${index}`, transport, tags: [`rack-${index % 10}`] })
    }
    await until(async () => (await call<Host[]>('GET', '/api/hosts')).every((host) => host.syncedAt))
    const registered = performance.now() - registering

    const seen = new Map<string, (at: number) => void>()
    for (let index = 0; index < viewerCount; index++) viewers.push(await view(server, seen))
    // Docker's lists lack start times: each container is inspected once in the background.
    await until(async () => (await lackingDetails(call)) === 0)
    const lists = await listTimes(call)
    const latencies: number[] = []
    const cpuBefore = server.cpu()
    const began = performance.now()
    for (let round = 0; round < 200; round++) {
      const answered = answerOf<'changed'>(fleet)
      fleet.send({ type: 'change', engine: round % hostCount } satisfies FleetCommand)
      const { id, at } = await answered
      latencies.push((await new Promise<number>((resolve) => seen.set(id, resolve))) - at)
    }
    const cpuShare = (server.cpu() - cpuBefore) / ((performance.now() - began) / 1000)
    // undici keeps idle connections for a few seconds.
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    const counting = answerOf<'count'>(fleet)
    fleet.send({ type: 'count' } satisfies FleetCommand)
    const { connections } = await counting
    const rss = server.rss()

    for (let index = 0; index < silentCount; index++)
      fleet.send({ type: 'silent', engine: index } satisfies FleetCommand)
    const silentLists = await listTimes(call)
    await until(
      async () =>
        (await call<Host[]>('GET', '/api/hosts')).filter((host) => host.state !== 'online').length >=
        silentCount,
    )
    const after = await listTimes(call)
    return {
      title: `The server with ${hostCount} simulated hosts, ${hostCount * perHost} containers, ${viewerCount} viewers`,
      rows: [
        ['all hosts registered and listed', ms(registered)],
        ['GET /api/containers (all 5,000): median', ms(percentile(lists, 0.5))],
        ['  p95', ms(percentile(lists, 0.95))],
        [`  while ${silentCount} hosts fall silent: p95`, ms(percentile(silentLists, 0.95))],
        ['  with them named unresponsive: p95', ms(percentile(after, 0.95))],
        ['engine event to a viewer’s socket: median', ms(percentile(latencies, 0.5))],
        ['  p95 (bar: 250 ms)', ms(percentile(latencies, 0.95))],
        ['  the server’s CPU meanwhile, of one core', `${(cpuShare * 100).toFixed(0)} %`],
        ['connections for each host, nobody looking at details: most', String(Math.max(...connections))],
        ['RSS without hosts', `${rssEmpty} MB`],
        ['RSS with all of it (bar: 512 MB)', `${rss} MB`],
      ],
    }
  } finally {
    for (const viewer of viewers) viewer.terminate()
    await server.stop()
    fleet.disconnect()
  }
}

async function view(server: MeasuredServer, seen: Map<string, (at: number) => void>): Promise<WebSocket> {
  const socket = await server.socket('/api/live')
  socket.on('message', (data) => {
    const told = JSON.parse(String(data)) as LiveFrame<'fleet'>
    if (told.type !== 'frame' || told.frame.type !== 'delta') return
    for (const change of told.frame.changes) {
      if (change.type !== 'put' || change.kind !== 'containers') continue
      seen.get(change.object.id)?.(Date.now())
      seen.delete(change.object.id)
    }
  })
  socket.send('{"type":"subscribe","id":"fleet","topic":"fleet"}')
  return socket
}

async function lackingDetails(call: Call): Promise<number> {
  const { items } = await call<{ items: { restartCount: number | null }[] }>('GET', '/api/containers')
  return items.filter((container) => container.restartCount === null).length
}

async function listTimes(call: Call): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < 30; round++) {
    const began = performance.now()
    await call('GET', '/api/containers')
    times.push(performance.now() - began)
  }
  return times
}
