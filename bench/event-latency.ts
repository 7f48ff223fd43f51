import { WebSocket } from 'ws'
import { engineCall } from '../e2e/lab/engine-http.ts'
import { labImages } from '../e2e/lab/images.ts'
import { labEngine } from '../e2e/lab/state.ts'
import type { LiveFrame } from '../lib/contracts/live.ts'
import { startApp } from '../server/testing/app-under-test.ts'
import { type BenchResult, ms, percentile } from './measure.ts'

const rounds = 60

/** From the engine's answer to a pause or unpause by another client until the changed row is on the live socket. */
export async function benchEventLatency(): Promise<BenchResult> {
  const socketPath = labEngine('docker-unix').localSocketPath
  const app = await startApp()
  const { Id } = await engineCall<{ Id: string }>(
    socketPath,
    'POST',
    '/v1.41/containers/create?name=bench-latency',
    {
      Image: labImages.busybox,
      Cmd: ['sleep', '600'],
    },
  )
  try {
    await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
    await app.setUp()
    await app.call('POST', '/api/hosts', { name: 'bench', transport: { kind: 'unix', socketPath } })
    const live = new WebSocket(`${app.origin.replace('http', 'ws')}/api/live`, {
      headers: { cookie: app.cookie, origin: app.origin },
    })
    let seen: (state: string) => void = () => {}
    live.on('open', () => live.send('{"type":"subscribe","id":"fleet","topic":"fleet"}'))
    live.on('message', (data) => {
      const told = JSON.parse(String(data)) as LiveFrame<'fleet'>
      if (told.type !== 'frame' || told.frame.type !== 'delta') return
      for (const change of told.frame.changes) {
        if (change.type === 'put' && change.kind === 'containers' && change.object.id === Id)
          seen(change.object.state)
      }
    })
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const [verb, state] = round % 2 === 0 ? ['pause', 'paused'] : ['unpause', 'running']
      const arrived = new Promise<number>((resolve) => {
        seen = (now) => now === state && resolve(performance.now())
      })
      await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/${verb}`)
      const done = performance.now()
      times.push(Math.max(0, (await arrived) - done))
    }
    live.close()
    return {
      title: `Engine event to changed row on the live socket (${rounds} changes by another client)`,
      rows: [
        ['median', ms(percentile(times, 0.5))],
        ['p95 (bar: 250 ms to the browser)', ms(percentile(times, 0.95))],
      ],
    }
  } finally {
    await app.close()
    await engineCall(socketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`)
  }
}
