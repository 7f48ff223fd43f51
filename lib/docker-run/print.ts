import { printDuration, printSize, withoutBrackets } from '../containers/spec.ts'
import type { EngineFlavour } from '../contracts/common.ts'
import type { ContainerSpec } from '../contracts/container-create.ts'
import { quoteShellWord } from '../shell-words.ts'

/** The line that makes the same container by hand, a flag to a line. `start` false: `create` in place of `run -d`. */
export function printRun(
  spec: ContainerSpec,
  {
    flavour,
    pull = 'missing',
    start = true,
  }: { flavour: EngineFlavour; pull?: 'missing' | 'always' | 'never'; start?: boolean },
): string {
  const flags = runArguments(spec, flavour)
  if (pull !== 'missing') flags.unshift(['--pull', pull])
  const head = start ? `${flavour} run -d` : `${flavour} create`
  const rest = [spec.image, ...entrypointRest(spec, flavour), ...(spec.command ?? [])].map(quoteShellWord)
  return [head, ...flags.map((flag) => flag.map(quoteShellWord).join(' ')), rest.join(' ')].join(' \\\n  ')
}

/** Docker's `--entrypoint` takes one word; the others go before the command. Podman takes an array. */
function entrypointRest(spec: ContainerSpec, flavour: EngineFlavour): string[] {
  return flavour === 'docker' ? (spec.entrypoint?.slice(1) ?? []) : []
}

/** The flags of that line, each as its words, without quotes. */
export function runArguments(spec: ContainerSpec, flavour: EngineFlavour): string[][] {
  const flags: string[][] = []
  const flag = (name: string, value: string | number | undefined) => {
    if (value !== undefined && value !== '') flags.push([`--${name}`, String(value)])
  }
  const each = (name: string, values: readonly string[]) => {
    for (const value of values) flags.push([`--${name}`, value])
  }
  const on = (name: string, isOn: boolean) => {
    if (isOn) flags.push([`--${name}`])
  }
  const pairs = (name: string, rows: readonly { name: string; value: string }[]) =>
    each(
      name,
      rows.map((row) => `${row.name}=${row.value}`),
    )
  flag('name', spec.name)
  flag('platform', spec.platform)
  on('rm', spec.autoRemove)
  on('interactive', spec.stdin)
  on('tty', spec.tty)
  on('init', spec.init)
  if (spec.restart.policy !== 'no') {
    const { policy, retries } = spec.restart
    flag('restart', policy === 'on-failure' && retries ? `${policy}:${retries}` : policy)
  }
  pairs('env', spec.env)
  pairs('label', spec.labels)
  on('publish-all', spec.publishAll)
  each('publish', spec.ports.map(printPort))
  for (const mount of spec.mounts) flags.push(printMount(mount))
  spec.networks.forEach(({ name, aliases, ip }, index) => {
    const address = ip.includes(':') ? 'ip6' : 'ip'
    const extra = [...aliases.map((alias) => `alias=${alias}`), ...(ip ? [`${address}=${ip}`] : [])]
    // Docker's program takes flags of their own for the first network; Podman's gives those to every network.
    if (flavour === 'podman') flag('network', extra.length > 0 ? `${name}:${extra.join(',')}` : name)
    else if (index > 0 && extra.length > 0) flag('network', `name=${name},${extra.join(',')}`)
    else {
      flag('network', name)
      each('network-alias', aliases)
      flag(address, ip)
    }
  })
  flag('hostname', spec.hostname)
  each('add-host', spec.extraHosts)
  each('dns', spec.dns)
  each('dns-search', spec.dnsSearch)
  flag('user', spec.user)
  each('group-add', spec.groups)
  flag('workdir', spec.workdir)
  limits(spec, flag)
  each(
    'ulimit',
    spec.ulimits.map(({ name, soft, hard }) =>
      soft === hard ? `${name}=${soft}` : `${name}=${soft}:${hard}`,
    ),
  )
  on('privileged', spec.privileged)
  on('read-only', spec.readOnly)
  each('cap-add', spec.capAdd)
  each('cap-drop', spec.capDrop)
  each('security-opt', spec.securityOptions)
  each(
    'device',
    spec.devices.map(({ host, container, permissions }) =>
      host === container && permissions === 'rwm' ? host : `${host}:${container}:${permissions}`,
    ),
  )
  // Commas inside one field are quoted for the program's own CSV.
  flag('gpus', spec.gpus?.includes(',') ? `"${spec.gpus}"` : spec.gpus)
  pairs('sysctl', spec.sysctls)
  flag('pid', spec.pidMode)
  flag('ipc', spec.ipcMode)
  flag('uts', spec.utsMode)
  flag('userns', spec.usernsMode)
  flag('log-driver', spec.log?.driver)
  pairs('log-opt', spec.log?.options ?? [])
  health(spec, flag, on)
  flag('stop-signal', spec.stopSignal)
  flag('stop-timeout', spec.stopTimeout)
  if (spec.entrypoint) {
    const [first = ''] = spec.entrypoint
    const whole = flavour === 'podman' && spec.entrypoint.length > 1
    flags.push(['--entrypoint', whole ? JSON.stringify(spec.entrypoint) : first])
  }
  return flags
}

type Flag = (name: string, value: string | number | undefined) => void

function limits({ limits: limit }: ContainerSpec, flag: Flag): void {
  const size = (bytes: number | undefined) => (bytes ? (bytes < 0 ? '-1' : printSize(bytes)) : undefined)
  flag('memory', size(limit.memory))
  flag('memory-reservation', size(limit.memoryReservation))
  flag('memory-swap', size(limit.memorySwap))
  flag('cpus', limit.cpus || undefined)
  flag('cpu-shares', limit.cpuShares || undefined)
  flag('cpuset-cpus', limit.cpuset)
  flag('pids-limit', limit.pids || undefined)
  flag('shm-size', size(limit.shmSize))
}

function health(
  { health: check }: ContainerSpec,
  flag: Flag,
  on: (name: string, isOn: boolean) => void,
): void {
  if (!check) return
  const [kind, ...rest] = check.test
  if (kind === 'NONE') return on('no-healthcheck', true)
  // The command line knows only the shell's form.
  flag('health-cmd', kind === 'CMD' ? rest.map(quoteShellWord).join(' ') : rest.join(' '))
  flag('health-interval', check.interval ? printDuration(check.interval) : undefined)
  flag('health-timeout', check.timeout ? printDuration(check.timeout) : undefined)
  flag('health-start-period', check.startPeriod ? printDuration(check.startPeriod) : undefined)
  flag('health-retries', check.retries || undefined)
}

function printPort({ hostIp, hostPort, containerPort, protocol }: ContainerSpec['ports'][number]): string {
  const plain = withoutBrackets(hostIp)
  const ip = plain === '' ? '' : `${plain.includes(':') ? `[${plain}]` : plain}:`
  const host = hostPort === '' && ip === '' ? '' : `${hostPort}:`
  return `${ip}${host}${containerPort}${protocol === 'tcp' ? '' : `/${protocol}`}`
}

function printMount({ type, source, target, readOnly, options }: ContainerSpec['mounts'][number]): string[] {
  const all = [...(readOnly ? ['ro'] : []), ...options]
  const end = all.length > 0 ? `:${all.join(',')}` : ''
  if (type === 'tmpfs') return ['--tmpfs', `${target}${end}`]
  // Without a source there is no place for options: only --mount can say them.
  if (source === '')
    return readOnly ? ['--mount', `type=volume,target=${target},readonly`] : ['--volume', target]
  return ['--volume', `${source}:${target}${end}`]
}
