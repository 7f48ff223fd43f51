import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateSetUp, prometheusSetUp } from '#components/hosts/engine-set-up.ts'
import { freePort } from '#e2e/lab/free-port.ts'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import { labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { EngineAddress, EngineAddressAnswer, MadeCertificate } from '#lib/contracts/engine-addresses.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'
import { sampleOf, wholeTables } from '../testing/whole-tables.ts'

const engine = 'docker-unix'
const mark = `address-${randomUUID().slice(0, 8)}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-address-'))
const image = 'lab.internal/web:2.0'
let test: AppUnderTest
let host: Host
let address: EngineAddress
let certificate: MadeCertificate
let newest: string
const scope = permissions.filter((name) => name !== 'users.edit')

beforeAll(async () => {
  const client = await ensureNewerEngine('dockerClient', () => {})
  newest = join(client, 'usr/bin/docker')
  const plugin = 'cli-plugins/docker-buildx'
  mkdirSync(join(folder, 'config/cli-plugins'), { recursive: true })
  symlinkSync(join(client, 'usr/libexec/docker', plugin), join(folder, 'config', plugin))
  mkdirSync(join(folder, 'context'))
  writeFileSync(join(folder, 'context/Dockerfile'), `FROM ${image}\nRUN echo built-${mark}\n`)
  test = await startApp({ ROADSTEAD_ENGINES_DOMAIN: 'engines.test, 127.0.0.1', ROADSTEAD_ENGINES_PORT: '0' })
  await test.setUp()
  await addLabHosts(test, [engine])
  host = ((await test.call('GET', '/api/hosts')).json as Host[])[0] as Host
  const found = await test.call('GET', `/api/hosts/${host.id}/engine-address`)
  address = (found.json as EngineAddressAnswer).address as EngineAddress
  certificate = await makeCertificate()
})
afterAll(async () => {
  const direct = { DOCKER_HOST: `unix://${labEngine(engine).localSocketPath}` }
  for (const args of [
    ['rm', '-fv', mark],
    ['rmi', '-f', `${mark}/app:1`],
  ])
    await run('/usr/bin/docker', args, { check: false, env: { ...process.env, ...direct } })
  await test?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function makeCertificate(): Promise<MadeCertificate> {
  const body = { name: 'docker', permissions: scope, hours: 1 }
  return (await test.call('POST', `/api/account/certificates/${host.id}`, body)).json
}

/** A command after those of the page, at the address for clients without DNS. */
function docker(command: string, args: string, made = certificate, input = '') {
  const commands = certificateSetUp(host, { ...address, hostname: '127.0.0.1' }, made, `${command} ${args}`)
  const env = { ...process.env, HOME: folder, DOCKER_CONFIG: join(folder, 'config'), DOCKER_BUILDKIT: '1' }
  return run('sh', ['-ec', commands], { check: false, env, input })
}

/** What a command does, with what came of it. */
const acts: [string, (command: string) => Promise<void>][] = [
  [
    'keeps the output after the end of input, which is half of a TLS connection',
    async (command) => {
      const fed = `run --rm -i ${image} sh -c 'wc -c; echo late; exit 3'`
      const ran = await docker(command, fed, certificate, 'x'.repeat(200_000))
      expect(ran).toMatchObject({ code: 3, stdout: expect.stringMatching(/^\s*200000\nlate\n$/) })
    },
  ],
  [
    'types into an exec',
    async (command) => {
      const typed = await docker(command, "exec -i web sh -c 'cat; exit 4'", certificate, 'typed')
      expect(typed).toMatchObject({ code: 4, stdout: 'typed' })
    },
  ],
  [
    'builds by BuildKit with no program in between',
    async (command) => {
      const built = await docker(command, `build --no-cache -t ${mark}/app:1 ${join(folder, 'context')}`)
      expect([built.code, built.stdout + built.stderr]).toEqual([0, expect.stringContaining(`built-${mark}`)])
    },
  ],
  [
    'follows logs to the end',
    async (command) => {
      await docker(command, `run --name ${mark} ${image} echo said`)
      expect((await docker(command, `logs -f ${mark}`)).stdout).toBe('said\n')
      expect((await docker(command, `rm ${mark}`)).code).toBe(0)
    },
  ],
  [
    'lists',
    async (command) => {
      expect((await docker(command, "ps --format '{{.Names}}'")).stdout).toMatch(/^web$/m)
    },
  ],
]

describe('with --tlsverify and a certificate of the page', () => {
  const rows = ['the newest docker', '/usr/bin/docker'].flatMap((which) =>
    acts.map(([what, act]) => ({ which, what, act })),
  )
  it.each(sampleOf(rows, 2))('$which $what', async ({ which, act }) => {
    await act(which === 'the newest docker' ? newest : which)
  })

  it('a revoked one is refused with what to do', async () => {
    const made = await makeCertificate()
    await test.call('DELETE', `/api/account/tokens/${made.id}`)
    const refused = await docker(newest, 'ps', made)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Make a new one')])
  })
})

it('curl finds a host by its name, with a token as the password of Basic', async () => {
  const made = await test.call('POST', '/api/account/tokens', { name: 'x', permissions: scope, hours: 1 })
  const { token } = made.json as MadeToken
  writeFileSync(join(folder, 'ca.pem'), certificate.authority)
  const { hostname, port } = address
  expect(hostname).toBe(`${engine}.engines.test`)
  const { stdout } = await run('curl', [
    '-sS',
    '--cacert',
    join(folder, 'ca.pem'),
    '--resolve',
    `${hostname}:${port}:127.0.0.1`,
    '-u',
    `any:${token}`,
    `https://${hostname}:${port}/containers/json`,
  ])
  expect(stdout).toContain('"/web"')
})

const containerLabel = '__meta_docker_container_name'

// It waits five seconds before it tells of what it has found: for the whole table.
it.skipIf(!wholeTables)(
  'Prometheus finds the same containers by a certificate and by a token as password',
  async () => {
    const made = await test.call('POST', '/api/account/tokens', { name: 'x', permissions: scope, hours: 1 })
    const { token } = made.json as MadeToken
    const files = { ca: certificate.authority, cert: certificate.certificate, key: certificate.key }
    for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, `${name}.pem`), pem)
    const nameless = { ...address, hostname: '127.0.0.1' }
    const basic = [
      '  - job_name: basic',
      '    docker_sd_configs:',
      `      - host: https://127.0.0.1:${address.port}`,
      `        tls_config: { ca_file: ${folder}/ca.pem }`,
      `        basic_auth: { username: ${engine}, password: ${token} }`,
    ].join('\n')
    writeFileSync(join(folder, 'prometheus.yml'), `${prometheusSetUp(nameless, folder)}\n${basic}\n`)
    const port = await freePort()
    const own = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`]
    const prometheus = spawn('/usr/bin/prometheus', [...own, `--web.listen-address=127.0.0.1:${port}`], {
      stdio: 'ignore',
    })
    try {
      const found = async (job: string) => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets?state=active`).catch(() => null)
        const { data } = ((await answer?.json()) ?? { data: { activeTargets: [] } }) as Targets
        return data.activeTargets
          .filter(({ scrapePool }) => scrapePool === job)
          .map(({ discoveredLabels }) => discoveredLabels[containerLabel])
      }
      for (const job of ['containers', 'basic']) await expect.poll(() => found(job)).toContain('/web')
    } finally {
      prometheus.kill()
      await once(prometheus, 'exit')
    }
  },
)

interface Targets {
  data: { activeTargets: { scrapePool: string; discoveredLabels: Record<string, string> }[] }
}
