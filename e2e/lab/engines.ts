import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificates } from './certificates.ts'
import { engineCall, engineRequest } from './engine-http.ts'
import { type LabHost, startInside, throughRoot } from './host.ts'
import { registryAddress } from './registry.ts'
import { isAlive, until } from './run.ts'
import type { EngineName, LabTransport } from './state.ts'

export interface EngineSpec {
  name: EngineName
  kind: 'docker' | 'podman'
  /** Unpacked newer engine, else Debian 12's. */
  newer?: 'docker28' | 'podman5'
  listen: 'unix' | 'tcp' | 'tls' | 'ssh'
}

export const engineSpecs: readonly EngineSpec[] = [
  { name: 'docker-unix', kind: 'docker', listen: 'unix' },
  { name: 'docker-tls', kind: 'docker', listen: 'tls' },
  { name: 'docker-ssh', kind: 'docker', listen: 'ssh' },
  { name: 'docker28-tcp', kind: 'docker', newer: 'docker28', listen: 'tcp' },
  { name: 'podman-unix', kind: 'podman', listen: 'unix' },
  { name: 'podman-tcp', kind: 'podman', listen: 'tcp' },
  { name: 'podman-ssh', kind: 'podman', listen: 'ssh' },
  { name: 'podman5-tcp', kind: 'podman', newer: 'podman5', listen: 'tcp' },
]

export interface StartedEngine {
  pid: number
  /** Undefined for ssh: the sshd of the host is the transport. */
  transport: Exclude<LabTransport, { kind: 'ssh' }> | undefined
  localSocketPath: string
  remoteSocketPath: string
}

/** Starts the daemon of a host, or finds it running, and waits until it answers. */
export async function startEngine(
  spec: EngineSpec,
  host: LabHost,
  newerFolder?: string,
): Promise<StartedEngine> {
  const started =
    spec.kind === 'docker'
      ? await startDocker(spec, host, newerFolder)
      : await startPodman(spec, host, newerFolder)
  await until(
    `${spec.name} to answer`,
    async () => {
      if (!isAlive(started.pid)) throw new Error(`${spec.name} ended: see ${join(host.folder, 'engine.log')}`)
      return (await engineRequest(started.localSocketPath, 'GET', '/_ping', undefined, 2000)).status === 200
    },
    40_000,
    150,
  )
  return started
}

async function startDocker(spec: EngineSpec, host: LabHost, newerFolder?: string): Promise<StartedEngine> {
  const remoteSocketPath = '/run/docker.sock'
  const args = [
    '--data-root',
    join(host.folder, 'data'),
    '--exec-root',
    '/run/docker',
    '--pidfile',
    '/run/docker.pid',
  ]
  args.push('--log-level', 'warn', '--host', `unix://${remoteSocketPath}`)
  args.push('--insecure-registry', `${registryAddress}/32`)
  let transport: StartedEngine['transport']
  if (spec.listen === 'unix') {
    const socketPath = join(host.folder, 'docker.sock')
    args.push('--host', `unix://${socketPath}`)
    transport = { kind: 'unix', socketPath }
  } else if (spec.listen === 'tcp') {
    args.push('--host', `tcp://${host.address}:2375`, '--tls=false')
    transport = { kind: 'tcp', host: host.address, port: 2375 }
  } else if (spec.listen === 'tls') {
    const tls = await makeCertificates(join(host.folder, 'tls'), host.address)
    args.push('--host', `tcp://${host.address}:2376`, '--tlsverify', '--tlscacert', tls.ca)
    args.push('--tlscert', tls.serverCert, '--tlskey', tls.serverKey)
    const files = { caPath: tls.ca, certPath: tls.clientCert, keyPath: tls.clientKey }
    transport = { kind: 'tls', host: host.address, port: 2376, ...files }
  }
  // A newer dockerd finds its own containerd and shim first on the PATH, and the machine's runc after them.
  const usr = newerFolder ? [join(newerFolder, 'usr/sbin'), join(newerFolder, 'usr/bin')] : []
  const path = [...usr, '/usr/local/sbin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':')
  const dockerd = newerFolder ? join(newerFolder, 'usr/sbin/dockerd') : '/usr/sbin/dockerd'
  const pid = await startInside(host, [dockerd, ...args], 'engine.log', { PATH: path })
  return { pid, transport, localSocketPath: throughRoot(host, remoteSocketPath), remoteSocketPath }
}

async function startPodman(spec: EngineSpec, host: LabHost, newerFolder?: string): Promise<StartedEngine> {
  const configuration = join(host.folder, 'containers.conf')
  const at = (path: string) => join(newerFolder ?? '/', path)
  const lines = [
    '[containers]',
    // The defaults ask for more open files and processes than a container may raise.
    'default_ulimits = ["nofile=1024:1024","nproc=1024:1024"]',
    `seccomp_profile = "${existsSync('/usr/share/containers/seccomp.json') ? '/usr/share/containers/seccomp.json' : ''}"`,
    '[engine]',
    // crun refuses the mixed cgroup v1/v2 set-up of many CI machines.
    'runtime = "runc"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    `conmon_path = ["${at('usr/bin/conmon')}"]`,
    `helper_binaries_dir = ["${at('usr/lib/podman')}", "/usr/bin", "/usr/sbin"]`,
    '[engine.runtimes]',
    'runc = ["/usr/sbin/runc", "/usr/bin/runc"]',
    '[network]',
    ...(newerFolder
      ? ['network_backend = "netavark"', 'firewall_driver = "iptables"']
      : ['network_backend = "cni"']),
    ...(newerFolder ? [] : ['cni_plugin_dirs = ["/usr/lib/cni"]']),
    `network_config_dir = "${join(host.folder, 'networks')}"`,
  ]
  mkdirSync(join(host.folder, 'networks'), { recursive: true })
  writeFileSync(configuration, `${lines.join('\n')}\n`)
  const storage = join(host.folder, 'storage.conf')
  writeFileSync(
    storage,
    `[storage]\ndriver = "overlay"\ngraphroot = "${join(host.folder, 'storage')}"\nrunroot = "/run/storage"\n`,
  )
  const registries = join(host.folder, 'registries.conf')
  const insecure = [5000, 5001].map(
    (port) => `[[registry]]\nlocation = "${registryAddress}:${port}"\ninsecure = true\n`,
  )
  writeFileSync(registries, insecure.join(''))
  const env = {
    CONTAINERS_REGISTRIES_CONF: registries,
    CONTAINERS_CONF: configuration,
    CONTAINERS_STORAGE_CONF: storage,
    PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
    PATH: ['/usr/local/sbin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':'),
  }
  const remoteSocketPath = '/run/podman/podman.sock'
  mkdirSync(throughRoot(host, '/run/podman'), { recursive: true })
  const podman = at('usr/bin/podman')
  const service = (uri: string, log: string) =>
    startInside(host, [podman, 'system', 'service', '--time=0', uri], log, env)
  if (spec.listen === 'tcp') {
    // A second service over the same storage: podman has no daemon, so the two are one engine.
    const pid = await service(`tcp:${host.address}:8080`, 'engine.log')
    await service(`unix://${remoteSocketPath}`, 'second-service.log')
    const transport = { kind: 'tcp' as const, host: host.address, port: 8080 }
    return { pid, transport, localSocketPath: throughRoot(host, remoteSocketPath), remoteSocketPath }
  }
  if (spec.listen === 'unix') {
    const socketPath = join(host.folder, 'podman.sock')
    const pid = await service(`unix://${socketPath}`, 'engine.log')
    return {
      pid,
      transport: { kind: 'unix', socketPath },
      localSocketPath: socketPath,
      remoteSocketPath: socketPath,
    }
  }
  const pid = await service(`unix://${remoteSocketPath}`, 'engine.log')
  chmodSync(throughRoot(host, '/run/podman'), 0o700)
  return { pid, transport: undefined, localSocketPath: throughRoot(host, remoteSocketPath), remoteSocketPath }
}

export async function engineVersion(socketPath: string): Promise<{ version: string; apiVersion: string }> {
  const answer = await engineCall<{ Version: string; ApiVersion: string }>(socketPath, 'GET', '/version')
  return { version: answer.Version, apiVersion: answer.ApiVersion }
}
