import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureClient, ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, labRegistry } from '#e2e/lab/state.ts'

/** A real client and the script of its day's work (server/testing/day). */
export interface DayClient {
  /** With its version. */
  title: string
  command: string[]
  /** What the script takes from its environment, besides what all take. Fetches a client that is not there. */
  environment(): Promise<Record<string, string>>
  /** It takes neither a path nor a header: the program in between stands before the gateway. */
  forwarded?: true
}

const scripts = join(import.meta.dirname, 'day')
const shell = (name: string) => ['sh', join(scripts, `${name}.sh`)]
const newestDocker = async () => join(await ensureNewerEngine('dockerClient', () => {}), 'usr')

export const dayClients = {
  docker20: {
    title: 'docker 20.10',
    command: shell('docker'),
    environment: async () => ({ DOCKER: '/usr/bin/docker' }),
  },
  docker28: {
    title: 'docker 28.5',
    command: shell('docker'),
    environment: async () => ({ DOCKER: join(await newestDocker(), 'bin/docker') }),
  },
  compose1: {
    title: 'docker-compose 1.29',
    command: shell('compose'),
    environment: async () => ({ COMPOSE: '/usr/bin/docker-compose' }),
  },
  compose2: {
    title: 'docker compose 2.40',
    command: shell('compose'),
    environment: async () => ({ COMPOSE: join(await ensureClient('compose'), 'usr/bin/docker-compose') }),
  },
  buildx: {
    title: 'buildx 0.29',
    command: shell('buildx'),
    forwarded: true,
    environment: async () => ({
      DOCKER: join(await newestDocker(), 'bin/docker'),
      PLUGINS: join(await newestDocker(), 'libexec/docker/cli-plugins'),
    }),
  },
  podman4: {
    title: 'podman 4.3, remote',
    command: shell('podman'),
    forwarded: true,
    environment: async () => ({ PODMAN: '/usr/bin/podman' }),
  },
  podman5: {
    title: 'podman 5.4, remote',
    command: shell('podman'),
    forwarded: true,
    environment: async () => ({
      PODMAN: join(await ensureNewerEngine('podman5', () => {}), 'usr/bin/podman'),
    }),
  },
  skopeo: {
    title: 'skopeo 1.9',
    command: shell('skopeo'),
    forwarded: true,
    environment: async () => ({ SKOPEO: '/usr/bin/skopeo' }),
  },
  buildah: {
    title: 'buildah 1.28',
    command: shell('buildah'),
    forwarded: true,
    environment: async () => ({ BUILDAH: join(await ensureClient('buildah'), 'usr/bin/buildah') }),
  },
  dockerPy: {
    title: 'docker-py 5.0',
    command: ['/usr/bin/python3', join(scripts, 'docker_py.py')],
    environment: async () => ({}),
  },
  podmanPy: {
    title: 'podman-py 5.4',
    command: ['/usr/bin/python3', join(scripts, 'podman_py.py')],
    forwarded: true,
    environment: async () => ({
      PYTHONPATH: join(await ensureClient('podmanPy'), 'usr/lib/python3/dist-packages'),
    }),
  },
  dockerode: {
    title: 'dockerode 5.0',
    command: [process.execPath, join(scripts, 'dockerode.mjs')],
    environment: async () => ({}),
  },
  curl: { title: 'curl 7.88', command: shell('curl'), environment: async () => ({}) },
} satisfies Record<string, DayClient>
export type DayClientName = keyof typeof dayClients

/** Where a day's work is done: at the engine's socket, or at the gateway as whose token it is. */
export type Way = 'direct' | { origin: string; token: string; as: string }

/** Works days in a folder of its own; what its programs in between need ends with `end`. */
export class DayWorkers {
  private readonly forwarders = new Map<string, Promise<string>>()
  private readonly children: ChildProcess[] = []
  private readonly folder: string
  private readonly mark: string

  /** @param mark what the name of all that a day makes begins with */
  constructor(folder: string, mark: string) {
    this.folder = folder
    this.mark = mark
  }

  /** What a day's script prints, with what is another each time called the same. */
  async work(client: DayClientName, engine: EngineName, way: Way): Promise<string> {
    const { command, environment, forwarded }: DayClient = dayClients[client]
    const who = way === 'direct' ? 'd' : way.as.slice(0, 1)
    const name = `${this.mark}-${Object.keys(dayClients).indexOf(client)}${who}`
    const cwd = join(this.folder, `${engine}-${name}`)
    const config = join(cwd, 'config')
    mkdirSync(config, { recursive: true })
    const given = await environment()
    if (given.PLUGINS) symlinkSync(given.PLUGINS, join(config, 'cli-plugins'))
    const isByHeader = way !== 'direct' && !forwarded
    const headers = isByHeader ? { HttpHeaders: { Authorization: `Bearer ${way.token}` } } : {}
    writeFileSync(join(config, 'config.json'), JSON.stringify(headers))
    const socket = labEngine(engine).localSocketPath
    writeFileSync(
      join(cwd, 'curl'),
      way === 'direct' ? `unix-socket = "${socket}"` : `header = "Authorization: Bearer ${way.token}"`,
    )
    const host =
      way === 'direct'
        ? `unix://${socket}`
        : forwarded
          ? `unix://${await this.forward(engine, way)}`
          : `${way.origin.replace('http:', 'tcp:')}/h/${engine}`
    const [program = '', ...args] = command
    const { address } = labRegistry('open')
    const { code, stdout, stderr } = await run(program, args, {
      cwd,
      check: false,
      env: {
        ...process.env,
        HOME: cwd,
        DOCKER_CONFIG: config,
        DOCKER_HOST: host,
        ...given,
        NAME: name,
        IMAGE: 'lab.internal/web:2.0',
        REGISTRY: address,
        ...(way === 'direct' ? {} : { TOKEN: way.token }),
        CURL: join(cwd, 'curl'),
        BASE: way === 'direct' ? 'http://d' : `${way.origin}/h/${engine}`,
      },
    })
    return `${stdout}${stderr}ended with ${code}`
      .replaceAll(host, 'HOST')
      .replaceAll(cwd, 'FOLDER')
      .replaceAll(name, 'NAME')
      .replaceAll(address, 'REGISTRY')
      .replaceAll(/\b[0-9a-f]{10,64}\b/g, 'ID')
      .replaceAll(/buildkit-mount\d+/g, 'MOUNT')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
  }

  end(): void {
    for (const child of this.children) child.kill()
  }

  /** The socket of a program in between for that engine and person. */
  private forward(engine: EngineName, { origin, token, as }: Exclude<Way, 'direct'>): Promise<string> {
    const key = `${engine}-${as}`
    const known = this.forwarders.get(key)
    if (known) return known
    const socket = join(this.folder, `${key}.sock`)
    const program = join(import.meta.dirname, '../gateway/docker-forward.mjs')
    const child = spawn(process.execPath, [program, `${origin}/h/${engine}`, socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ROADSTEAD_TOKEN: token },
    })
    this.children.push(child)
    const listens = new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', () => resolve(socket))
      child.once('exit', (code) => reject(new Error(`The program in between ended with ${code}`)))
    })
    this.forwarders.set(key, listens)
    return listens
  }
}
