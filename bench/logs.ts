import { spawn } from 'node:child_process'
import { WebSocket } from 'ws'
import { engineCall } from '../e2e/lab/engine-http.ts'
import { labImages } from '../e2e/lab/images.ts'
import { labEngine } from '../e2e/lab/state.ts'
import type { Host } from '../lib/contracts/hosts.ts'
import type { LogServerFrame } from '../lib/contracts/logs.ts'
import { type AppUnderTest, startApp } from '../server/testing/app-under-test.ts'
import { type BenchResult, percentile } from './measure.ts'

const total = 200_000
const rounds = 3

/**
 * The whole log of a container with 200,000 lines, from the same dockerd over the same TCP endpoint: our log socket as a
 * browser takes it, against `docker logs --timestamps`. Then memory while 10,000 lines a second flow.
 */
export async function benchLogs(): Promise<BenchResult> {
  const engine = labEngine('docker28-tcp')
  if (engine.transport.kind !== 'tcp') throw new Error('docker28-tcp is reached by TCP')
  const { host: address, port } = engine.transport
  const socketPath = engine.localSocketPath
  const make = async (name: string, script: string) => {
    const { Id } = await engineCall<{ Id: string }>(
      socketPath,
      'POST',
      `/v1.41/containers/create?name=${name}`,
      { Image: labImages.busybox, Cmd: ['/bin/sh', '-c', script] },
    )
    await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
    return Id
  }
  const text = 'of a service that says a little more than its number'
  const full = await make(
    'bench-logs',
    `i=0; while [ $i -lt ${total} ]; do i=$((i+1)); echo "n $i ${text}"; done`,
  )
  const flood = await make(
    'bench-flood',
    `while :; do j=0; while [ $j -lt 500 ]; do j=$((j+1)); echo "n $j ${text}"; done; sleep 0.045; done`,
  )
  const app = await startApp()
  try {
    await app.setUp()
    const transport = { kind: 'tcp', host: address, port }
    const host = (await app.call('POST', '/api/hosts', { name: 'bench', transport })).json as Host
    for (const id of [full, flood]) {
      while (!app.app.live.fleet.get('containers', host.id, id)) await sleep(50)
    }
    while (app.app.live.fleet.get('containers', host.id, full)?.state === 'running') await sleep(100)
    const times: [ours: number[], cli: number[]] = [[], []]
    for (let round = 0; round <= rounds; round++) {
      const ours = await throughSocket(app, host.id, full)
      const cli = await throughCli(`tcp://${address}:${port}`, full)
      // The first round warms both.
      if (round > 0) {
        times[0].push(ours)
        times[1].push(cli)
      }
    }
    const perSecond = times.map((values) => total / (percentile(values, 0.5) / 1000)) as [number, number]

    globalThis.gc?.()
    const flowing = await follow(app, host.id, flood)
    await sleep(5000)
    const before = process.memoryUsage().rss
    const lines = flowing.lines()
    const began = performance.now()
    await sleep(20_000)
    const rate = (flowing.lines() - lines) / ((performance.now() - began) / 1000)
    const growth = (process.memoryUsage().rss - before) / 1024 / 1024
    flowing.close()
    return {
      title: `Logs: ${total.toLocaleString('en')} lines of one container over TCP (${rounds} rounds, in turn)`,
      rows: [
        ['log socket, credit given back: lines a second', Math.round(perSecond[0]).toLocaleString('en')],
        ['docker logs --timestamps: lines a second', Math.round(perSecond[1]).toLocaleString('en')],
        ['Roadstead / docker', (perSecond[0] / perSecond[1]).toFixed(2)],
        ['followed for 20 s: lines a second', Math.round(rate).toLocaleString('en')],
        ['  RSS of server and client together meanwhile', `${growth >= 0 ? '+' : ''}${growth.toFixed(0)} MB`],
      ],
    }
  } finally {
    await app.close()
    for (const id of [full, flood]) await engineCall(socketPath, 'DELETE', `/v1.41/containers/${id}?force=1`)
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

function open(
  app: AppUnderTest,
  hostId: string,
  containerId: string,
  more: object,
  take: (lines: number) => void,
) {
  const socket = new WebSocket(`${app.origin.replace('http', 'ws')}/api/logs`, {
    headers: { cookie: app.cookie, origin: app.origin },
  })
  socket.on('open', () => {
    const selection = { containers: [{ hostId, containerId }] }
    socket.send(JSON.stringify({ type: 'open', selection, ...more }))
  })
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as LogServerFrame
    if (frame.type !== 'lines' || frame.rows.length === 0) return
    socket.send(JSON.stringify({ type: 'taken', lines: frame.rows.length }))
    take(frame.rows.length)
  })
  return socket
}

/** Milliseconds until the last line is here, parsed. */
function throughSocket(app: AppUnderTest, hostId: string, id: string): Promise<number> {
  const began = performance.now()
  let lines = 0
  return new Promise((resolve) => {
    const socket = open(app, hostId, id, { follow: false, since: '1' }, (more) => {
      lines += more
      if (lines < total) return
      socket.close()
      resolve(performance.now() - began)
    })
  })
}

async function follow(app: AppUnderTest, hostId: string, id: string) {
  let lines = 0
  const socket = open(app, hostId, id, { follow: true, tail: 0 }, (more) => {
    lines += more
  })
  return { lines: () => lines, close: () => socket.close() }
}

/** Milliseconds until docker has printed everything. */
function throughCli(endpoint: string, id: string): Promise<number> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/docker', ['--host', endpoint, 'logs', '--timestamps', id], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    child.stdout.resume()
    child.on('error', reject)
    child.on('close', () => resolve(performance.now() - began))
  })
}
