import type { Container, ContainerAction } from '../contracts/containers.ts'
import { quoteShellWord } from '../shell-words.ts'

export const managers = ['systemd', 'swarm', 'kubernetes', 'nomad', 'portainer', 'compose'] as const
export type ManagerKind = (typeof managers)[number]

/** What made a container besides us, and goes on to look after it. */
export interface Manager {
  kind: ManagerKind
  /** Of its own object: a unit, a service, a pod, a job, a project. */
  name: string
  /** Podman's auto-update, where the container asks for it: it brings newer images by itself. */
  updates: boolean
}

/** What the warning is about; `update` is of limits. */
export type ManagedAct = ContainerAction | 'recreate' | 'update'

/** These watch their containers, and make them anew from what they keep. */
const byWatchers: readonly ManagedAct[] = ['stop', 'kill', 'rename', 'recreate', 'remove', 'update']
/** Compose looks only when somebody calls it, and Portainer calls compose. */
const byRuns: readonly ManagedAct[] = ['rename', 'recreate', 'remove']
/** What a manager puts back as it was, or loses its container by. */
const undone: Readonly<Record<ManagerKind, readonly ManagedAct[]>> = {
  systemd: byWatchers,
  swarm: byWatchers,
  kubernetes: byWatchers,
  nomad: byWatchers,
  portainer: byRuns,
  compose: byRuns,
}
/** Portainer keeps its stacks there, each in a folder with its number, and compose notes where its file was. */
const portainerFolder = /^\/data\/compose\/\d+(?:\/|$)/

/** Read from the labels that each of them sets; null for a container on its own. */
export function managerOf({ labels }: Pick<Container, 'labels'>): Manager | null {
  const updates = ['registry', 'local', 'image'].includes(labels['io.containers.autoupdate'] ?? '')
  const of = (kind: ManagerKind, ...keys: string[]): Manager | null => {
    const name = keys.map((key) => labels[key]).find(Boolean)
    return name ? { kind, name, updates } : null
  }
  return (
    of('systemd', 'PODMAN_SYSTEMD_UNIT') ??
    of('swarm', 'com.docker.swarm.service.name') ??
    of('kubernetes', 'io.kubernetes.pod.name') ??
    of(
      'nomad',
      'com.hashicorp.nomad.job_name',
      'com.hashicorp.nomad.job_id',
      'com.hashicorp.nomad.alloc_id',
    ) ??
    (portainerFolder.test(labels['com.docker.compose.project.working_dir'] ?? '')
      ? of('portainer', 'com.docker.compose.project')
      : null) ??
    of('compose', 'com.docker.compose.project', 'io.podman.compose.project')
  )
}

/** Whether the manager undoes an act that it did not do itself. */
export function isUndone(act: ManagedAct, { kind }: Manager): boolean {
  return undone[kind].includes(act)
}

/** The manager of a container that undoes an act; null where nobody does. */
export function undoerOf(act: ManagedAct, container: Pick<Container, 'labels'>): Manager | null {
  const manager = managerOf(container)
  return manager && isUndone(act, manager) ? manager : null
}

/** Managers that look only when they are called, which is when they undo. */
export const looksWhenCalled = ({ kind }: Manager) => undone[kind] === byRuns

/** The manager's own command for an act, to copy; null where it has none. */
export function managerCommand(act: ManagedAct, container: Pick<Container, 'labels'>): string | null {
  const manager = managerOf(container)
  if (!manager || act === 'rename' || act === 'update') return null
  const { labels } = container
  const name = quoteShellWord(manager.name)
  const again = act === 'restart' || act === 'recreate'
  switch (manager.kind) {
    case 'systemd':
      return `systemctl ${again ? 'restart' : act === 'start' ? 'start' : 'stop'} ${name}`
    case 'swarm':
      if (again) return `docker service update --force ${name}`
      return act === 'remove' ? `docker service rm ${name}` : `docker service scale ${name}=0`
    case 'kubernetes': {
      const namespace = labels['io.kubernetes.pod.namespace']
      return `kubectl ${namespace ? `-n ${quoteShellWord(namespace)} ` : ''}delete pod ${name}`
    }
    case 'nomad': {
      const allocation = labels['com.hashicorp.nomad.alloc_id']
      if (again && allocation) return `nomad alloc restart ${quoteShellWord(allocation)}`
      return labels['com.hashicorp.nomad.job_name'] || labels['com.hashicorp.nomad.job_id']
        ? `nomad job stop ${name}`
        : `nomad alloc stop ${name}`
    }
    case 'portainer':
      return null
    case 'compose': {
      const service = labels['com.docker.compose.service']
      const verb = again ? 'up -d --force-recreate' : act === 'remove' ? 'rm -s' : act
      const tool = labels['io.podman.compose.project'] ? 'podman-compose' : 'docker compose'
      return `${tool} -p ${name} ${verb}${service ? ` ${quoteShellWord(service)}` : ''}`
    }
  }
}
