import { Agent, request } from 'undici'
import { engineCall } from '../e2e/lab/engine-http.ts'
import { labImages } from '../e2e/lab/images.ts'
import { labEngine } from '../e2e/lab/state.ts'
import { startApp } from '../server/testing/app-under-test.ts'
import { type BenchResult, inTurn, ms, percentile } from './measure.ts'

const total = 1000

/** 1,000 real containers of a real dockerd: the list through our API against the engine's own, same run, in turn. */
export async function benchList(): Promise<BenchResult> {
  const engine = labEngine('docker-unix')
  const socket = engine.localSocketPath
  const made: string[] = []
  const existing = await engineCall<unknown[]>(socket, 'GET', '/v1.41/containers/json?all=1')
  const app = await startApp()
  try {
    await app.setUp()
    const names = Array.from({ length: Math.max(0, total - existing.length) }, (_, index) => `bench-${index}`)
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let name = names.pop(); name; name = names.pop()) {
          const body = { Image: labImages.busybox, Cmd: ['true'], Labels: { bench: 'yes' } }
          const { Id } = await engineCall<{ Id: string }>(
            socket,
            'POST',
            `/v1.41/containers/create?name=${name}`,
            body,
          )
          made.push(Id)
        }
      }),
    )
    const added = await app.call('POST', '/api/hosts', {
      name: 'bench',
      transport: { kind: 'unix', socketPath: socket },
    })
    if (added.status !== 200) throw new Error(JSON.stringify(added.json))
    const dispatcher = new Agent({ connections: 1 })
    const direct = new Agent({ connections: 1, connect: { socketPath: socket } })
    const ours = async () => {
      const answer = await request(`${app.origin}/api/containers`, {
        dispatcher,
        headers: { cookie: app.cookie },
      })
      return JSON.parse(await answer.body.text()) as { items: unknown[] }
    }
    const theirs = async () => {
      const answer = await request('http://engine/v1.41/containers/json?all=1', { dispatcher: direct })
      return JSON.parse(await answer.body.text()) as unknown[]
    }
    while ((await ours()).items.length < total) await new Promise((resolve) => setTimeout(resolve, 200))
    const [a, b] = await inTurn(60, ours, theirs)
    const ratio = percentile(b, 0.5) / percentile(a, 0.5)
    return {
      title: `List of ${total.toLocaleString('en')} containers, whole answer parsed (60 rounds each, in turn)`,
      rows: [
        ['GET /api/containers, signed in, from the fleet state: median', ms(percentile(a, 0.5))],
        ['  p95', ms(percentile(a, 0.95))],
        ['GET /containers/json?all=1 of dockerd 20.10: median', ms(percentile(b, 0.5))],
        ['  p95', ms(percentile(b, 0.95))],
        ['engine / Roadstead (median)', `${ratio.toFixed(1)} times`],
      ],
    }
  } finally {
    await app.close()
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let id = made.pop(); id; id = made.pop())
          await engineCall(socket, 'DELETE', `/v1.41/containers/${id}?force=1`)
      }),
    )
  }
}
