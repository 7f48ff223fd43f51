import { type ChildProcess, fork, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import type { Container } from '../lib/contracts/containers.ts'
import type { Host } from '../lib/contracts/hosts.ts'
import { ensureBuild } from '../scripts/environment.js'
import type { BenchResult } from './measure.ts'
import { answerOf, cpuOf, rssOf, startServer, until } from './server-process.ts'
import type { FleetCommand } from './simulated-fleet.ts'

const hostCount = 10
const perHost = 50
const port = 17_798
/** Two rounds of the history. Seconds. */
const windowSeconds = 40

/**
 * What the numbers of 500 containers cost: the history alone, with viewers of the summary, with containers watched live;
 * beside `docker stats` on the same engines, which streams all of them. Simulated engines of 20.10, over real sockets.
 */
export async function benchStats(): Promise<BenchResult> {
  ensureBuild()
  const fleet = fork(join(import.meta.dirname, 'simulated-fleet.ts'), [String(hostCount), String(perHost)])
  const sockets: WebSocket[] = []
  const peers: ChildProcess[] = []
  const server = await startServer(port)
  try {
    const { ports } = await answerOf<'ready'>(fleet)
    const rssEmpty = server.rss()
    for (const [index, enginePort] of ports.entries()) {
      const transport = { kind: 'tcp', host: '127.0.0.1', port: enginePort }
      await server.call('POST', '/api/hosts', { name: `sim-${index}`, transport })
    }
    await until(async () => (await server.call<Host[]>('GET', '/api/hosts')).every((host) => host.syncedAt))
    // The first, quick rounds and the background inspects are over.
    await seconds(25)

    const count = async () => {
      const answer = answerOf<'count'>(fleet)
      fleet.send({ type: 'count' } satisfies FleetCommand)
      return answer
    }
    const measure = async (cpu: () => number) => {
      const [cpuBefore, before, began] = [cpu(), await count(), performance.now()]
      await seconds(windowSeconds)
      const [after, passed] = [await count(), (performance.now() - began) / 1000]
      return {
        cpu: (cpu() - cpuBefore) / passed,
        requests: (after.statsRequests - before.statsRequests) / passed,
        streams: after.statsStreams,
      }
    }

    const alone = await measure(server.cpu)
    const bytes = { summary: 0 }
    for (let viewer = 0; viewer < 50; viewer++) {
      const socket = await server.socket('/api/live')
      sockets.push(socket)
      if (viewer === 0) socket.on('message', (data) => (bytes.summary += String(data).length))
      socket.send('{"type":"subscribe","id":"summary","topic":"stats"}')
    }
    const summary = await measure(server.cpu)
    const { items } = await server.call<{ items: Container[] }>('GET', '/api/containers')
    for (const [index, socket] of sockets.entries()) {
      // Each of 50 watches 4 of 100 containers: each container has two viewers.
      for (let offset = 0; offset < 4; offset++) {
        const { hostId, id } = items[(index * 4 + offset) % 100] as Container
        const params = { hostId, id }
        socket.send(
          JSON.stringify({ type: 'subscribe', id: String(offset), topic: 'container-stats', params }),
        )
      }
    }
    await seconds(3)
    const watched = await measure(server.cpu)
    const rss = server.rss()
    for (const socket of sockets) socket.terminate()
    await seconds(2)
    const left = (await count()).statsStreams

    for (const enginePort of ports) {
      const args = ['--host', `tcp://127.0.0.1:${enginePort}`, 'stats']
      peers.push(spawn('/usr/bin/docker', args, { stdio: 'ignore' }))
    }
    await seconds(5)
    const pids = peers.map((peer) => peer.pid as number)
    const peerRss = pids.reduce((sum, pid) => sum + rssOf(pid), 0)
    const peer = await measure(() => pids.reduce((sum, pid) => sum + cpuOf(pid), 0))

    const share = (value: number) => `${(value * 100).toFixed(1)} %`
    return {
      title: `Stats of ${hostCount * perHost} simulated containers on ${hostCount} hosts`,
      rows: [
        ['history alone: CPU of one core', share(alone.cpu)],
        ['  requests to all engines a second', alone.requests.toFixed(1)],
        ['with 50 viewers of the summary: CPU', share(summary.cpu)],
        ['  bytes to one of them a second', ((bytes.summary / windowSeconds) | 0).toString()],
        ['with 100 containers watched live, by two each: CPU', share(watched.cpu)],
        ['  streams open (one each), and after the last viewer left', `${watched.streams}, ${left}`],
        ['RSS before any host, and with all of it', `${rssEmpty} MB, ${rss} MB`],
        ['docker stats, ten processes for the same containers: CPU', share(peer.cpu)],
        ['  streams open', String(peer.streams)],
        ['  RSS', `${peerRss} MB`],
        ['history with 50 viewers / docker stats, CPU', `${(summary.cpu / peer.cpu).toFixed(2)}`],
      ],
    }
  } finally {
    for (const socket of sockets) socket.terminate()
    for (const peer of peers) peer.kill('SIGKILL')
    await server.stop()
    fleet.disconnect()
  }
}

const seconds = (length: number) => new Promise((resolve) => setTimeout(resolve, length * 1000))
