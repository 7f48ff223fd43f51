import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { discoveredEngineSchema } from '#lib/contracts/hosts.ts'
import { createLog } from '../../log.ts'
import { createDiscovery, parseEngineUrl } from './discovery.ts'

const canary = 'canary-5ef1c0de'
let home: string
const put = (path: string, text: string) => {
  const at = join(home, path)
  mkdirSync(dirname(at), { recursive: true })
  writeFileSync(at, text)
  return at
}
const discover = (environment: Record<string, string> = {}, labState: string | null = null) =>
  createDiscovery({ NODE_ENV: 'test', HOME: home, ...environment }, labState, createLog('silent'))
const context = (name: unknown, host: unknown) =>
  JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } })

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'discovery-'))
})
afterEach(() => rmSync(home, { recursive: true }))

describe('discovery', () => {
  it('finds contexts with their TLS and connections with their key, and shows no secret', async () => {
    put('.docker/contexts/meta/aa/meta.json', context('far', 'tcp://127.0.0.1:9'))
    for (const file of ['ca', 'cert', 'key'])
      put(`.docker/contexts/tls/aa/docker/${file}.pem`, `${canary}-${file}`)
    const identity = put('id_far', `${canary}-identity`)
    put(
      '.config/containers/podman-connections.json',
      JSON.stringify({
        Connection: {
          Connections: {
            five: { URI: 'ssh://core@127.0.0.1:9/run/user/1000/podman/podman.sock', Identity: identity },
          },
        },
      }),
    )
    put(
      '.config/containers/containers.conf',
      `[engine]\n[engine.service_destinations.four]\nuri = "ssh://ops@127.0.0.1:9/run/podman/podman.sock"\n`,
    )
    const discovery = discover()
    const found = (await discovery.find([])).filter((engine) => engine.source !== 'socket')
    expect(
      found.map(({ source, name, address, reachable }) => ({ source, name, address, reachable })),
    ).toEqual([
      { source: 'dockerContext', name: 'far', address: 'tls://127.0.0.1:9', reachable: false },
      { source: 'podmanConnection', name: 'five', address: 'ssh://core@127.0.0.1:9', reachable: false },
      { source: 'podmanConnection', name: 'four', address: 'ssh://ops@127.0.0.1:9', reachable: false },
    ])
    expect(found[0]?.error?.message).toMatch(/Nothing listens at 127.0.0.1, port 9/)
    expect(JSON.stringify(found)).not.toContain(canary)
    for (const engine of found) discoveredEngineSchema.parse(engine)
    expect(discovery.candidate(found[0]?.key ?? '')?.transport).toMatchObject({
      kind: 'tls',
      cert: `${canary}-cert`,
      key: `${canary}-key`,
    })
    expect(discovery.candidate(found[1]?.key ?? '')?.transport).toMatchObject({
      auth: 'key',
      privateKey: `${canary}-identity`,
      socketPath: '/run/user/1000/podman/podman.sock',
    })
  })

  it('knows one engine under several names, and which host it is already', async () => {
    const engine = createServer((_request, response) => response.end('{}'))
    const socket = join(home, 'real/docker.sock')
    mkdirSync(dirname(socket))
    await new Promise<void>((resolve) => engine.listen(socket, resolve))
    symlinkSync(join(home, 'real'), join(home, 'run'))
    try {
      const link = join(home, 'run/docker.sock')
      put('.docker/contexts/meta/aa/meta.json', context('desktop', `unix://${socket}`))
      const registered = [{ id: 'habcdefghjkmn', address: `unix://${link}` }]
      const environment = { DOCKER_HOST: `unix://${link}`, XDG_RUNTIME_DIR: join(home, 'real') }
      const found = (await discover(environment).find(registered)).filter((one) => one.address.includes(home))
      expect(found).toMatchObject([{ source: 'DOCKER_HOST', registeredAs: 'habcdefghjkmn' }])
      expect(found[0]).toMatchObject({ reachable: false, error: { code: 'not_an_engine' } })
    } finally {
      engine.close()
    }
  })

  it('reads the certificates of DOCKER_HOST as the docker CLI does', async () => {
    put('certs/cert.pem', 'CERT')
    const environment = {
      DOCKER_HOST: 'tcp://127.0.0.1:9',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: join(home, 'certs'),
    }
    const discovery = discover(environment)
    const [first] = await discovery.find([])
    expect(first).toMatchObject({ source: 'DOCKER_HOST', address: 'tls://127.0.0.1:9' })
    expect(discovery.candidate(first?.key ?? '')?.transport).toMatchObject({ kind: 'tls', cert: 'CERT' })
  })

  it('is not stopped by what other programs garbled', async () => {
    put('.docker/contexts/meta/a1/meta.json', '{"Name":')
    put('.docker/contexts/meta/a2/meta.json', context({ odd: true }, 'tcp://127.0.0.1:9'))
    put('.docker/contexts/meta/a3/meta.json', context('no host', 17))
    put('.docker/contexts/meta/a4/meta.json', context('escape\u001b[2J', 'tcp://127.0.0.1:9'))
    put('.docker/contexts/meta/a5/meta.json', context('bad escape', 'unix:///%E0%A4%A'))
    put('.docker/contexts/meta/a6/meta.json', context('option', 'ssh://-oProxyCommand=touch@127.0.0.1:9'))
    put('.docker/contexts/meta/a7/meta.json', 'null')
    put('.docker/contexts/meta/a8', '')
    put('.docker/contexts/meta/a9/meta.json', context('good', 'tcp://127.0.0.1:9'))
    put(
      '.config/containers/podman-connections.json',
      '{"Connection":{"Connections":{"x":null,"y":{"URI":5}}}}',
    )
    const found = await discover({ DOCKER_HOST: 'ftp://what' }, join(home, 'no-lab.json')).find([])
    expect(found.filter((engine) => engine.source !== 'socket').map(({ name }) => name)).toEqual(['good'])
  })
})

describe('parseEngineUrl', () => {
  it.each([
    ['unix:///run/docker.sock', { kind: 'unix', socketPath: '/run/docker.sock' }],
    ['unix:///a%20b/docker.sock', { kind: 'unix', socketPath: '/a b/docker.sock' }],
    ['tcp://[fd00::4]:2375', { kind: 'tcp', host: 'fd00::4', port: 2375 }],
    ['tcp://10.0.0.4', { kind: 'tcp', host: '10.0.0.4', port: 2375 }],
    ['ssh://ops@web-1', { kind: 'ssh', host: 'web-1', port: 22, username: 'ops', auth: 'agent' }],
    [
      'ssh://web-1:2222/run/podman/podman.sock',
      {
        kind: 'ssh',
        host: 'web-1',
        port: 2222,
        username: 'root',
        auth: 'agent',
        socketPath: '/run/podman/podman.sock',
      },
    ],
    ['npipe:////./pipe/docker_engine', null],
    ['fd://', null],
    ['', null],
  ])('%s', (url, transport) => {
    expect(parseEngineUrl(url)).toEqual(transport)
  })
})
