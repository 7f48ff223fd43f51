import { fieldsOf, isOn } from './podman-command.ts'

type Fields = Record<string, unknown>

/** Options that the document, or the form, tells whole; and those that were for the making alone. */
export const inspected: ReadonlySet<string> = new Set([
  'add-host',
  'annotation',
  'arch',
  'attach',
  'authfile',
  'blkio-weight-device',
  'cap-add',
  'cap-drop',
  'cgroup-conf',
  'cgroup-parent',
  'cgroupns',
  'cgroups',
  'chrootdirs',
  'cidfile',
  'cpu-period',
  'cpu-quota',
  'cpu-rt-period',
  'cpu-rt-runtime',
  'cpu-shares',
  'cpus',
  'cpuset-cpus',
  'cpuset-mems',
  'decryption-key',
  'detach',
  'device',
  'device-read-bps',
  'device-read-iops',
  'device-write-bps',
  'device-write-iops',
  'disable-content-trust',
  'dns',
  'dns-option',
  'dns-search',
  'entrypoint',
  'env',
  'env-file',
  'env-host',
  'env-merge',
  'gidmap',
  'group-add',
  'health-cmd',
  'health-interval',
  'health-log-destination',
  'health-max-log-count',
  'health-max-log-size',
  'health-on-failure',
  'health-retries',
  'health-start-period',
  'health-startup-cmd',
  'health-startup-interval',
  'health-startup-retries',
  'health-startup-success',
  'health-startup-timeout',
  'health-timeout',
  'hostname',
  'http-proxy',
  'init',
  'interactive',
  'ipc',
  'label',
  'label-file',
  'log-driver',
  'memory',
  'memory-reservation',
  'memory-swap',
  'name',
  'no-healthcheck',
  'oom-kill-disable',
  'oom-score-adj',
  'os',
  'pid',
  'pids-limit',
  'platform',
  'pod',
  'privileged',
  'publish',
  'pull',
  'quiet',
  'read-only',
  'read-only-tmpfs',
  'replace',
  'requires',
  'restart',
  'retry',
  'retry-delay',
  'rm',
  'sdnotify',
  'shm-size',
  'sig-proxy',
  'stop-signal',
  'stop-timeout',
  'sysctl',
  'subgidname',
  'subuidname',
  'timeout',
  'tls-verify',
  'tmpfs',
  'tty',
  'tz',
  'uidmap',
  'ulimit',
  'umask',
  'user',
  'userns',
  'uts',
  'variant',
  'workdir',
  'conmon-pidfile',
  'pidfile',
  'pod-id-file',
])

const push = (fields: Fields, name: string, value: unknown) => {
  fields[name] = [...((fields[name] ?? []) as unknown[]), value]
}
const within = (fields: Fields, ...names: string[]): Fields => {
  let one = fields
  for (const name of names) {
    one[name] = { ...((one[name] ?? {}) as Fields) }
    one = one[name] as Fields
  }
  return one
}

/** Options that nothing but the command tells, each put into the fields of libpod's body. */
export const commands: Readonly<Record<string, (fields: Fields, value: string) => void>> = {
  'blkio-weight': (fields, value) => (within(fields, 'resource_limits', 'blockIO').weight = Number(value)),
  'memory-swappiness': (fields, value) =>
    (within(fields, 'resource_limits', 'memory').swappiness = Number(value)),
  'device-cgroup-rule': (fields, value) => push(fields, 'device_cgroup_rule', ruleOf(value)),
  expose(fields, value) {
    const [range = '', protocol = 'tcp'] = value.split('/')
    const [from = 0, to = from] = range.split('-').map(Number)
    for (let port = from; port <= to; port++) within(fields, 'expose')[port] = protocol
  },
  'group-entry': (fields, value) => (fields.group_entry = value),
  'hosts-file': (fields, value) => (fields.base_hosts_file = value),
  hostuser: (fields, value) => push(fields, 'hostusers', value),
  'image-volume': (fields, value) => (fields.image_volume_mode = value === 'bind' ? 'anonymous' : value),
  'init-path': (fields, value) => (fields.init_path = value),
  ip: (fields, value) => push(mainNetwork(fields), 'static_ips', value),
  ip6: (fields, value) => push(mainNetwork(fields), 'static_ips', value),
  'log-opt'(fields, value) {
    const [name = '', ...rest] = value.split('=')
    if (name === 'max-size' || name === 'tag') return
    const log = within(fields, 'log_configuration')
    if (name === 'path') log.path = rest.join('=')
    else within(log, 'options')[name] = rest.join('=')
  },
  'mac-address': (fields, value) => (mainNetwork(fields).static_mac = value),
  mount: mountOption,
  network: networkOption,
  net: networkOption,
  'network-alias': () => {},
  'no-hostname': (fields, value) => (fields.use_image_hostname = isOn(value)),
  'no-hosts': (fields, value) => (fields.use_image_hosts = isOn(value)),
  'passwd-entry': (fields, value) => (fields.passwd_entry = value),
  personality: (fields, value) => (fields.personality = { domain: value }),
  'publish-all': (fields, value) => (fields.publish_image_ports = isOn(value)),
  'rdt-class': (fields, value) => (fields.intelRdt = { closID: value }),
  'seccomp-policy': (fields, value) => (fields.seccomp_policy = value),
  secret: secretOption,
  'security-opt': securityOption,
  'shm-size-systemd': () => {},
  systemd: (fields, value) => (fields.systemd = value),
  unsetenv: (fields, value) => push(fields, 'unsetenv', value),
  'unsetenv-all': (fields, value) => (fields.unsetenvall = isOn(value)),
  volume: volumeOption,
  'volumes-from': (fields, value) => push(fields, 'volumes_from', value),
}

function ruleOf(text: string): Fields {
  const [type, numbers = '', access] = text.split(/\s+/)
  const [major, minor] = numbers.split(':').map((number) => (number === '*' ? -1 : Number(number)))
  return { allow: true, type, major, minor, access }
}

/** What options beside `--network` are about: the first network, or the default one. */
function mainNetwork(fields: Fields): Fields {
  const networks = within(fields, 'Networks')
  const name = Object.keys(networks)[0] ?? 'podman'
  return within(networks, name)
}

function networkOption(fields: Fields, value: string): void {
  const at = value.indexOf(':')
  const name = at < 0 ? value : value.slice(0, at)
  if (/^(?:host|none|container|ns|private|slirp4netns|pasta)$/.test(name)) {
    if (at >= 0 && /^(?:slirp4netns|pasta)$/.test(name))
      fields.network_options = { [name]: value.slice(at + 1).split(',') }
    return
  }
  const endpoint = within(fields, 'Networks', name === 'bridge' ? 'podman' : name)
  for (const [key, of] of fieldsOf(at < 0 ? '' : value.slice(at + 1))) {
    if (key === 'ip' || key === 'ip6') push(endpoint, 'static_ips', of)
    else if (key === 'mac') endpoint.static_mac = of
    else if (key === 'interface_name') endpoint.interface_name = of
    else if (key !== 'alias') within(endpoint, 'options')[key] = of
  }
}

function secretOption(fields: Fields, value: string): void {
  const [name = '', ...rest] = value.split(',')
  const options = new Map(fieldsOf(rest.join(',')))
  if (options.get('type') === 'env') {
    within(fields, 'secret_env')[options.get('target') ?? name] = name
    return
  }
  const target = options.get('target')
  const secrets = (fields.secrets ?? []) as { Source: string; Target: string }[]
  const found = secrets.find(({ Source, Target }) => Source === name && Target === name)
  if (found && target) found.Target = target
}

function securityOption(fields: Fields, value: string): void {
  const [, key = '', rest = ''] = /^([\w-]+)[=:](.*)$/.exec(value) ?? []
  if (key === 'mask' || key === 'unmask') for (const path of rest.split(':')) push(fields, key, path)
  else if (key === 'systempaths') push(fields, 'unmask', 'ALL')
  else if (key === 'proc-opts') for (const one of rest.split(',')) push(fields, 'procfs_opts', one)
}

/** Overlays stand in no list of the document. */
function volumeOption(fields: Fields, value: string): void {
  const [source, destination, options = ''] = value.split(':')
  const all = options.split(',')
  if (!all.includes('O')) return
  push(fields, 'overlay_volumes', {
    source,
    destination,
    options: all.filter((option) => option !== 'O' && option !== ''),
  })
}

function mountOption(fields: Fields, value: string): void {
  const options = new Map(fieldsOf(value))
  const destination = options.get('destination') ?? options.get('target') ?? options.get('dst')
  const source = options.get('source') ?? options.get('src')
  const type = options.get('type')
  if (type === 'devpts' || type === 'ramfs')
    push(fields, 'mounts', { type, destination, source: type, options: [] })
  if (type === 'glob') push(fields, 'mounts', { type: 'bind', destination, source, options: [] })
}
