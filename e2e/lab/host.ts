import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, run, startDaemon, until } from './run.ts'

/** A machine of the lab: network, mount, pid and host name of its own. */
export interface LabHost {
  name: string
  netns: string
  address: string
  folder: string
  /** Pid 1 of the namespaces, as this machine numbers it. Its end is the end of every process of the host. */
  pid: number
}

/** Lab namespaces and interfaces begin with this, so that `down` finds what a killed lab left behind. */
export const prefix = 'rslab'

export function hostAddress(index: number): { ours: string; theirs: string } {
  return { ours: `10.77.${index}.1`, theirs: `10.77.${index}.2` }
}

/**
 * Makes a host: `ip netns add` with a veth pair, and in it a pid 1 with private mounts. /run and /var/lib are its own
 * (tmpfs), so that sockets are at their usual places and nothing of an engine outlives it. nsenter is used and not
 * `ip netns exec`, which remounts /sys and hides the cgroup mounts from the engines.
 */
export async function makeHost(name: string, index: number, labFolder: string): Promise<LabHost> {
  const netns = `${prefix}-${name}`
  const folder = join(labFolder, name)
  const { ours, theirs } = hostAddress(index)
  mkdirSync(folder, { recursive: true })
  await run('ip', ['netns', 'add', netns])
  const [outside, inside] = [`${prefix}${index}a`, `${prefix}${index}b`]
  await run('ip', ['link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', netns])
  await run('ip', ['address', 'add', `${ours}/30`, 'dev', outside])
  await run('ip', ['link', 'set', outside, 'up'])
  const within = ['-n', netns]
  await run('ip', [...within, 'link', 'set', 'lo', 'up'])
  await run('ip', [...within, 'address', 'add', `${theirs}/30`, 'dev', inside])
  await run('ip', [...within, 'link', 'set', inside, 'up'])
  await run('ip', [...within, 'route', 'add', 'default', 'via', ours])

  writeFileSync(
    join(folder, 'boot.sh'),
    [
      'set -e',
      'mount -t tmpfs -o mode=755 tmpfs /run',
      'mount -t tmpfs -o mode=755 tmpfs /var/lib',
      'mkdir -p /run/sshd /run/lock /run/user /run/netns',
      // sshd runs each command by root's shell, which reads what this machine's root has there: a slow start-up file of
      // theirs made each of our SSH connections take seconds.
      'for file in /root/.bashrc /root/.profile /root/.bash_profile; do',
      '  [ ! -e "$file" ] || mount --bind /dev/null "$file"',
      'done',
      `hostname ${name}`,
      `touch ${join(folder, 'booted')}`,
      'exec tini -s -- sleep infinity',
    ].join('\n'),
  )
  const child = startDaemon(
    'nsenter',
    [
      `--net=/run/netns/${netns}`,
      'unshare',
      '--mount',
      '--propagation',
      'private',
      '--pid',
      '--fork',
      '--mount-proc',
      '--uts',
      'sh',
      join(folder, 'boot.sh'),
    ],
    join(folder, 'host.log'),
  )
  const outer = child.pid
  if (!outer) throw new Error(`Could not make the namespaces of ${name}`)
  await until(`${name} to boot`, () => readFileSync(join(folder, 'booted')) && true, 5000, 20)
  const pid = childrenOf(outer)[0]
  if (!pid) throw new Error(`The namespaces of ${name} have no pid 1`)
  return { name, netns, address: theirs, folder, pid }
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number)
}

/** A command line that runs inside the host. */
export function inside(host: { pid: number }, command: string[]): string[] {
  return ['nsenter', '-t', String(host.pid), '--net', '--mount', '--pid', '--uts', '--', ...command]
}

/** Starts a daemon inside and returns its pid as this machine numbers it (nsenter --pid forks: the child is it). */
export async function startInside(
  host: LabHost,
  command: string[],
  log: string,
  env?: Record<string, string>,
): Promise<number> {
  const [program, ...args] = inside(host, command)
  const child = startDaemon(program as string, args, join(host.folder, log), env)
  const outer = child.pid
  if (!outer) throw new Error(`Could not start ${command[0]} in ${host.name}`)
  return until(
    `${command[0]} to start in ${host.name}`,
    () => {
      if (!isAlive(outer))
        throw new Error(`ended at once: ${readFileSync(join(host.folder, log), 'utf8').slice(-2000)}`)
      return childrenOf(outer)[0]
    },
    5000,
    20,
  )
}

/** A path of the host's own mounts, seen from here. */
export function throughRoot(host: { pid: number }, path: string): string {
  return `/proc/${host.pid}/root${path}`
}
