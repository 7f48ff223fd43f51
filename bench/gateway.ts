import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { engineCall } from '../e2e/lab/engine-http.ts'
import { labImages } from '../e2e/lab/images.ts'
import { startNginx } from '../e2e/lab/nginx.ts'
import { run } from '../e2e/lab/run.ts'
import { labEngine } from '../e2e/lab/state.ts'
import type { MadeToken, NewToken } from '../lib/contracts/account.ts'
import type { Host } from '../lib/contracts/hosts.ts'
import { type BenchResult, inTurn, ms, percentile } from './measure.ts'
import { cpuOf, startServer, until } from './server-process.ts'

const port = 7714
const nginxPort = 7715
const mebibytes = 1024
/** Transfers of each way, taken in turn. */
const rounds = 3

/**
 * The gateway against nginx before the same socket of the same dockerd, in turn: a file of 1 GiB out of a container and
 * into one, as tar, which is what save, load, export and cp are; and small requests on a connection that stays open.
 */
export async function benchGateway(): Promise<BenchResult> {
  const socketPath = labEngine('docker-unix').localSocketPath
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-bench-gateway-'))
  const nginx = await startBare(join(folder, 'nginx'), socketPath)
  const server = await startServer(port)
  const { Id: id } = await engineCall<{ Id: string }>(socketPath, 'POST', '/v1.41/containers/create', {
    Image: labImages.busybox,
    Cmd: ['sh', '-c', 'sleep 100000'],
    HostConfig: { AutoRemove: true },
  })
  try {
    await engineCall(socketPath, 'POST', `/v1.41/containers/${id}/start`)
    const file = join(folder, 'file')
    await run('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1M', `count=${mebibytes}`])
    await run('tar', ['-C', folder, '-cf', `${file}.tar`, 'file'])
    const host = await server.call<Host>('POST', '/api/hosts', {
      name: 'bench',
      transport: { kind: 'unix', socketPath },
    })
    await until(async () =>
      (await server.call<Host[]>('GET', '/api/hosts')).every(({ state }) => state === 'online'),
    )
    const { token } = await server.call<MadeToken>('POST', '/api/account/tokens', {
      name: 'bench',
      hours: 1,
      permissions: ['gateway.use', 'hosts.view', 'containers.view', 'containers.reveal'].concat(
        'containers.files.read',
        'containers.files.write',
      ) as NewToken['permissions'],
    })
    const authorization = `Bearer ${token}`
    const ours = `http://localhost:${port}/h/${host.id}/v1.41`
    const theirs = `http://127.0.0.1:${nginxPort}/v1.41`

    /** MiB a second of one transfer by curl, which is a process of its own. */
    const transfer = async (base: string, path: string, args: string[] = []) => {
      const began = performance.now()
      const headers = ['-H', `Authorization: ${authorization}`, '-H', 'Content-Type: application/x-tar']
      await run('curl', [
        '-sf',
        '-o',
        '/dev/null',
        ...headers,
        ...args,
        `${base}/containers/${id}/archive${path}`,
      ])
      return (mebibytes * 1000) / (performance.now() - began)
    }
    /** Seconds of CPU, which a busy machine changes less than the rates. */
    const used = [0, 0]
    const cpu = (index: number) => (index === 0 ? server.cpu() : cpuOf(nginx.pid as number))
    const upload = ['-T', `${file}.tar`, '-H', 'Expect:']
    const out: [number[], number[]] = [[], []]
    const into: [number[], number[]] = [[], []]
    for (let round = -1; round < rounds; round++)
      for (const [index, base] of [ours, theirs].entries()) {
        const before = cpu(index)
        const up = await transfer(base, '?path=/tmp', upload)
        const down = await transfer(base, '?path=/tmp/file')
        // The first of each warms up.
        if (round < 0) continue
        used[index] = (used[index] ?? 0) + cpu(index) - before
        into[index as 0 | 1].push(up)
        out[index as 0 | 1].push(down)
      }

    const dispatcher = new Agent({ connections: 1 })
    const small = (base: string, path: string) => async () =>
      (await request(base + path, { dispatcher, headers: { authorization } })).body.text()
    const [ping, nginxPing] = await inTurn(400, small(ours, '/_ping'), small(theirs, '/_ping'))
    const list = '/containers/json?all=1'
    const [lists, nginxLists] = await inTurn(200, small(ours, list), small(theirs, list))

    const row = (label: string, [a, b]: readonly [number[], number[]]): [string, string] => {
      const [our, their] = [percentile(a, 0.5), percentile(b, 0.5)]
      return [label, `${our.toFixed(0)}, ${their.toFixed(0)} MiB/s, ${(our / their).toFixed(2)}`]
    }
    const smallRow = (label: string, a: number[], b: number[]): [string, string] => [
      label,
      `${ms(percentile(a, 0.5))}, ${ms(percentile(b, 0.5))}; p95 ${ms(percentile(a, 0.95))}, ${ms(percentile(b, 0.95))}`,
    ]
    return {
      title:
        'Gateway against nginx before the same socket of dockerd 20.10 (gateway, nginx, in turn; medians)',
      rows: [
        row(`${mebibytes} MiB of tar from the engine; ratio`, out),
        row(`${mebibytes} MiB of tar to the engine; ratio`, into),
        [
          'CPU of the proxy for both of these',
          used.map((seconds) => `${(seconds / rounds).toFixed(1)} s`).join(', '),
        ],
        smallRow('_ping', ping, nginxPing),
        smallRow('containers/json', lists, nginxLists),
        ['RSS of the server', `${server.rss()} MB`],
      ],
    }
  } finally {
    nginx.kill()
    await engineCall(socketPath, 'DELETE', `/v1.41/containers/${id}?force=1`)
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As little in the way as nginx can have: nothing buffered, nothing logged, and one process whose CPU counts. */
const startBare = (folder: string, socketPath: string): Promise<ChildProcess> =>
  startNginx(
    folder,
    `
  client_max_body_size 0;
  upstream engine {
    server unix:${socketPath};
    keepalive 8;
  }
  server {
    listen 127.0.0.1:${nginxPort};
    location / {
      proxy_pass http://engine;
      proxy_http_version 1.1;
      proxy_set_header Host engine;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }`,
    'master_process off;\nuser root;',
  )
