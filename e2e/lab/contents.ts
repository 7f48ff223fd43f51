import { readFileSync } from 'node:fs'
import { engineCall, engineRequest } from './engine-http.ts'
import { labImages } from './images.ts'

interface Content {
  name: string
  body: Record<string, unknown>
}

const shell = (script: string) => ['/bin/sh', '-c', script]
/** sh as pid 1 ignores SIGTERM; with a trap a stop does not take its ten seconds. */
const untilStopped = (script: string) => shell(`trap 'exit 0' TERM; ${script}`)
/** Waiting, a shell hears the signal at once; a loop of short sleeps starts a process each second in every engine. */
const idle = 'sleep 1000000 & wait'

/** What every engine of the lab runs: each shows the dashboard another state. */
export const labContents: readonly Content[] = [
  {
    name: 'chatter',
    body: { Cmd: untilStopped('n=0; while :; do n=$((n+1)); echo "line $n: all is well"; sleep 1; done') },
  },
  {
    name: 'complainer',
    body: { Cmd: untilStopped('while :; do echo "warning: low tide" >&2; sleep 5; done') },
  },
  { name: 'console', body: { Cmd: untilStopped(idle), Tty: true, OpenStdin: true } },
  {
    name: 'sick',
    body: {
      Cmd: untilStopped(idle),
      Healthcheck: {
        Test: ['CMD-SHELL', 'echo "no answer from port 5432"; exit 1'],
        Interval: 10e9,
        Timeout: 2e9,
        Retries: 1,
      },
    },
  },
  { name: 'failed', body: { Cmd: shell('echo "cannot open the ledger" >&2; exit 3') } },
  {
    name: 'burner',
    body: {
      // Three hundredths of a CPU, and that only while it is asked for (burner.ts): eight of them are an eighth of the
      // two cores that the tests share.
      Cmd: untilStopped('while :; do [ -e /burn ] || sleep 1; done'),
      HostConfig: { NanoCpus: 30_000_000, Memory: 64 * 1024 * 1024 },
    },
  },
  {
    name: 'web',
    body: {
      Image: labImages.web1,
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8088' }] } },
    },
  },
  ...['api', 'db'].map((service) => ({
    name: `shop-${service}-1`,
    body: {
      Image: labImages.web2,
      Env: ['SHOP_SECRET=correct horse battery staple', `SHOP_SERVICE=${service}`],
      Labels: {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.service': service,
        'com.docker.compose.container-number': '1',
      },
    },
  })),
]

/** Loads the images and starts what is missing of the contents. Returns the containers' names. */
export async function fillEngine(
  kind: 'docker' | 'podman',
  socketPath: string,
  archive: string,
): Promise<string[]> {
  const existing = await engineCall<{ Names: string[] }[]>(socketPath, 'GET', '/v1.41/containers/json?all=1')
  const names = new Set(
    existing.flatMap((container) => container.Names.map((name) => name.replace(/^\//, ''))),
  )
  if (names.size === 0) {
    const loaded = await engineRequest(
      socketPath,
      'POST',
      '/v1.41/images/load?quiet=1',
      readFileSync(archive),
      60_000,
    )
    if (loaded.status !== 200 || loaded.text.includes('errorDetail'))
      throw new Error(`images/load: ${loaded.text}`)
  }
  for (const { name, body } of labContents) {
    if (!names.has(name)) {
      const create = { Image: labImages.busybox, ...body }
      await engineCall(socketPath, 'POST', `/v1.41/containers/create?name=${name}`, create)
    }
    // 304 when it runs already; `failed` is started again and fails again.
    await engineCall(socketPath, 'POST', `/v1.41/containers/${name}/start`)
  }
  if (kind === 'podman') {
    // Podman leaves health checks to systemd timers, and there is no systemd here: one run by hand makes it unhealthy.
    await engineRequest(socketPath, 'GET', '/v4.0.0/libpod/containers/sick/healthcheck')
  }
  return labContents.map((content) => content.name)
}
