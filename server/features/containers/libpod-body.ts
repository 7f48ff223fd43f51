import { standsAlone, withoutBrackets } from '#lib/containers/spec.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'

type Fields = Record<string, unknown>

const nanoseconds = 1e9
const signals: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
}

/** libpod's body (SpecGenerator, pkg/specgen) for what a spec says. Mounts are apart. */
export function libpodBody(spec: ContainerSpec): Fields {
  const { health, limits, log } = spec
  const [first] = spec.networks
  // The mode of that name is its default network, and no network's name.
  const joined = spec.networks.filter(({ name }) => !standsAlone(name) && name !== 'bridge')
  return defined({
    image: spec.image,
    name: spec.name || undefined,
    // One empty word is none, also where the image has one.
    entrypoint: spec.entrypoint && (spec.entrypoint.length > 0 ? spec.entrypoint : ['']),
    command: spec.command,
    env: record(spec.env),
    labels: some(spec.labels) && record(spec.labels),
    work_dir: spec.workdir || undefined,
    user: spec.user || undefined,
    groups: some(spec.groups),
    hostname: spec.hostname || undefined,
    terminal: spec.tty || undefined,
    stdin: spec.stdin || undefined,
    init: spec.init || undefined,
    remove: spec.autoRemove || undefined,
    portmappings: some(spec.ports.map(portOf)),
    publish_image_ports: spec.publishAll || undefined,
    netns: first && namespaceOf(standsAlone(first.name) ? first.name : 'bridge'),
    Networks:
      some(joined) && Object.fromEntries(joined.map((network) => [network.name, endpointOf(network)])),
    restart_policy: spec.restart.policy === 'no' ? undefined : spec.restart.policy,
    restart_tries: spec.restart.retries || undefined,
    resource_limits: defined({
      memory: filled({
        limit: limits.memory || undefined,
        reservation: limits.memoryReservation || undefined,
        swap: limits.memorySwap || undefined,
      }),
      cpu: filled({
        ...(limits.cpus ? { period: 100_000, quota: Math.round(limits.cpus * 100_000) } : {}),
        shares: limits.cpuShares || undefined,
        cpus: limits.cpuset || undefined,
      }),
      pids: limits.pids ? { limit: limits.pids } : undefined,
    }),
    shm_size: limits.shmSize || undefined,
    r_limits: some(spec.ulimits.map(({ name, soft, hard }) => ({ type: name.toUpperCase(), soft, hard }))),
    healthconfig: health && healthOf(health),
    log_configuration: log && { driver: log.driver, options: record(log.options) },
    privileged: spec.privileged || undefined,
    read_only_filesystem: spec.readOnly || undefined,
    cap_add: some(spec.capAdd),
    cap_drop: some(spec.capDrop),
    ...securityOf(spec.securityOptions),
    devices: some(
      spec.devices.map(({ host, container, permissions }) => ({
        path: `${host}:${container}:${permissions}`,
      })),
    ),
    dns_server: some(spec.dns),
    dns_search: some(spec.dnsSearch),
    hostadd: some(spec.extraHosts),
    sysctl: some(spec.sysctls) && record(spec.sysctls),
    stop_signal: spec.stopSignal ? signalOf(spec.stopSignal) : undefined,
    stop_timeout: spec.stopTimeout ?? 10,
    pidns: namespaceOf(spec.pidMode),
    ipcns: namespaceOf(spec.ipcMode),
    utsns: namespaceOf(spec.utsMode),
    userns: namespaceOf(spec.usernsMode),
  })
}

/** `host`, `container:x`, `ns:/path`: a mode, and a value after the first colon. */
export function namespaceOf(mode: string | undefined): { nsmode: string; value?: string } | undefined {
  if (!mode) return undefined
  const at = mode.indexOf(':')
  if (at < 0) return { nsmode: mode }
  const nsmode = mode.slice(0, at)
  return { nsmode: nsmode === 'ns' ? 'path' : nsmode, value: mode.slice(at + 1) }
}

/** A body's mounts: libpod takes paths in fields, so that a colon is none of its matters. */
export function libpodMounts(mounts: ContainerSpec['mounts']): Fields {
  const options = (mount: ContainerSpec['mounts'][number]) => [...mount.options, mount.readOnly ? 'ro' : 'rw']
  const volumes = mounts.filter(({ type }) => type === 'volume')
  const others = mounts.filter(({ type }) => type !== 'volume')
  return {
    volumes: volumes.map((mount) => ({ Name: mount.source, Dest: mount.target, Options: options(mount) })),
    mounts: others.map((mount) => ({
      type: mount.type,
      destination: mount.target,
      options: options(mount),
      source: mount.type === 'tmpfs' ? 'tmpfs' : mount.source,
    })),
  }
}

function healthOf(health: NonNullable<ContainerSpec['health']>): Fields {
  if (health.test[0] === 'NONE') return { Test: health.test }
  return {
    Test: health.test,
    // What the command line fills in; libpod takes nothing for 0 and would never ask.
    Interval: Math.round((health.interval || 30) * nanoseconds),
    Timeout: Math.round((health.timeout || 30) * nanoseconds),
    StartPeriod: Math.round(health.startPeriod * nanoseconds),
    Retries: health.retries || 3,
  }
}

function portOf({ hostIp, hostPort, containerPort, protocol }: ContainerSpec['ports'][number]): Fields {
  const [from = '', to = from] = hostPort.split('-')
  return {
    ...(hostIp === '' ? {} : { host_ip: withoutBrackets(hostIp) }),
    container_port: containerPort,
    host_port: Number(from),
    protocol,
    // A range is a choice for engines that know one; libpod takes the first.
    ...(to === from ? {} : { range: 1 }),
  }
}

function endpointOf({ aliases, ip }: ContainerSpec['networks'][number]): Fields {
  return { ...(aliases.length > 0 ? { aliases } : {}), ...(ip === '' ? {} : { static_ips: [ip] }) }
}

function securityOf(options: readonly string[]): Fields {
  const fields: Record<string, unknown> = {}
  const labels: string[] = []
  // What Podman's inspect tells of them is what its own command notes there.
  const annotations: Record<string, string> = {}
  for (const option of options) {
    const [, key = option, value = ''] = /^([\w-]+)[=:](.*)$/.exec(option) ?? []
    if (key === 'seccomp' || key === 'apparmor' || key === 'label')
      annotations[`io.podman.annotations.${key}`] = value
    if (key === 'no-new-privileges') fields.no_new_privileges = value !== 'false'
    else if (key === 'seccomp') fields.seccomp_profile_path = value
    else if (key === 'apparmor') fields.apparmor_profile = value
    else if (key === 'label') labels.push(value)
    else if (key === 'mask' || key === 'unmask') fields[key] = value.split(':')
    else if (key === 'proc-opts') fields.procfs_opts = value.split(',')
    else if (key === 'systempaths') fields.unmask = ['ALL']
  }
  return {
    ...fields,
    ...(labels.length > 0 ? { selinux_opts: labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
}

/** libpod takes a number. */
function signalOf(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '')
  const realtime = /^RT(MIN|MAX)([+-]\d+)?$/.exec(name)
  if (realtime) return (realtime[1] === 'MIN' ? 34 : 64) + Number(realtime[2] ?? 0)
  return /^\d+$/.test(name) ? Number(name) : signals[name]
}

export function record(rows: readonly { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

function some<T>(rows: readonly T[]): readonly T[] | undefined {
  return rows.length > 0 ? rows : undefined
}

export function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

export function filled(fields: Fields): Fields | undefined {
  const rest = defined(fields)
  return Object.keys(rest).length > 0 ? rest : undefined
}
