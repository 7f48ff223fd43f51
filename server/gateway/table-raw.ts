import { withNeeds } from './needs.ts'
import type { GatewayEndpoint, GatewayMethod, GatewayRow } from './table.ts'

const row = (method: GatewayMethod, path: string, more: Partial<GatewayRow> = {}): GatewayEndpoint =>
  withNeeds({ method, path, act: 'engine.raw', ...more })
const ofPodman = (method: GatewayMethod, path: string, more: Partial<GatewayRow> = {}): GatewayEndpoint =>
  row(method, `/libpod${path}`, { flavour: 'podman', ...more })
const withValues = { forced: { by: 'showsecret', act: 'engine.reveal' } } as const
const values = { hides: 'values' } as const
const json = { body: 'json' } as const
const list = { body: 'list' } as const

/** A kind of object of a swarm that is made, read, changed and removed alike. */
const kind = (name: string): GatewayEndpoint[] => [
  row('GET', `/${name}`, values),
  row('POST', `/${name}/create`, json),
  row('GET', `/${name}/{id}`, values),
  row('POST', `/${name}/{id}/update`, json),
  row('DELETE', `/${name}/{id}`),
]

/**
 * What is root on a host by its nature, or secret: for who has gateway.raw alone, and for everybody else not there. Podman
 * says of most that it has it not, in its own words, by which clients go.
 */
export const rawEndpoints: readonly GatewayEndpoint[] = [
  row('GET', '/swarm', values),
  row('POST', '/swarm/init', json),
  row('POST', '/swarm/join', json),
  row('POST', '/swarm/leave'),
  row('POST', '/swarm/update', json),
  row('POST', '/swarm/unlock', json),
  row('GET', '/swarm/unlockkey'),
  row('GET', '/nodes', values),
  row('GET', '/nodes/{id}', values),
  row('POST', '/nodes/{id}/update', json),
  row('DELETE', '/nodes/{id}'),
  ...['services', 'secrets', 'configs'].flatMap(kind),
  row('GET', '/services/{id}/logs'),
  row('GET', '/tasks', values),
  row('GET', '/tasks/{id}', values),
  row('GET', '/tasks/{id}/logs'),
  // Of a volume that a swarm has.
  row('PUT', '/volumes/{id}', json),

  row('GET', '/plugins', values),
  row('GET', '/plugins/privileges'),
  row('POST', '/plugins/pull', list),
  row('POST', '/plugins/create', { body: 'tar' }),
  row('GET', '/plugins/{name}/json', values),
  row('POST', '/plugins/{name}/enable'),
  row('POST', '/plugins/{name}/disable'),
  row('POST', '/plugins/{name}/upgrade', list),
  row('POST', '/plugins/{name}/push'),
  row('POST', '/plugins/{name}/set', list),
  row('DELETE', '/plugins/{name}'),

  // What a process holds in memory is written to the host's disk, and begun from there.
  row('GET', '/containers/{id}/checkpoints', { flavour: 'docker' }),
  row('POST', '/containers/{id}/checkpoints', { flavour: 'docker', ...json }),
  row('DELETE', '/containers/{id}/checkpoints/{id}', { flavour: 'docker' }),
  ofPodman('POST', '/containers/{id}/checkpoint'),
  ofPodman('POST', '/containers/{id}/restore', { body: 'tar' }),

  ofPodman('POST', '/secrets/create', { body: 'bytes' }),
  ofPodman('GET', '/secrets/json', withValues),
  ofPodman('GET', '/secrets/{id}/json', withValues),
  ofPodman('GET', '/secrets/{id}/exists'),
  ofPodman('DELETE', '/secrets/{id}'),

  // Names of images are given and moved, and registries asked.
  ofPodman('POST', '/manifests/create'),
  ofPodman('POST', '/manifests/{name}/registry/{to}'),
  ofPodman('POST', '/manifests/{name}/add', json),
  ofPodman('POST', '/manifests/{name}/push'),
  ofPodman('POST', '/manifests/{name}', json),
  ofPodman('PUT', '/manifests/{name}', json),
  ofPodman('GET', '/manifests/{name}/json'),
  ofPodman('DELETE', '/manifests/{name}'),

  ofPodman('GET', '/artifacts/json'),
  ofPodman('POST', '/artifacts/add', { body: 'bytes' }),
  ofPodman('POST', '/artifacts/pull'),
  ofPodman('POST', '/artifacts/{name}/push'),
  ofPodman('GET', '/artifacts/{name}/json'),
  ofPodman('GET', '/artifacts/{name}/extract'),
  ofPodman('DELETE', '/artifacts/remove'),
  ofPodman('DELETE', '/artifacts/{name}'),

  ofPodman('POST', '/system/check', { act: 'engine.check' }),

  withNeeds({ method: 'DELETE', path: '/containers/{id}/{id}', act: 'container.unlink' }),
]
