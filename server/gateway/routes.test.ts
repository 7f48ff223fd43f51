import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findEndpoint } from './table.ts'

/**
 * Every endpoint of the engines. Docker: the OpenAPI documents of 1.25 to 1.51 and the changes told up to 1.56, with what the
 * daemon serves beside them. Podman's own: the routers of 4.3.1 and the documents of 6.0.2.
 */
const routes = JSON.parse(readFileSync(new URL('engine-routes.json', import.meta.url), 'utf8')) as {
  docker: string[]
  libpod: string[]
}

/** What goes to no engine, and why. */
const refused: [reason: string, lines: string][] = [
  [
    'root on the host by its nature: swarm and its services, nodes, tasks, secrets and configurations',
    `GET /configs
     POST /configs/create
     DELETE /configs/{id}
     GET /configs/{id}
     POST /configs/{id}/update
     GET /nodes
     DELETE /nodes/{id}
     GET /nodes/{id}
     POST /nodes/{id}/update
     GET /secrets
     POST /secrets/create
     DELETE /secrets/{id}
     GET /secrets/{id}
     POST /secrets/{id}/update
     GET /services
     POST /services/create
     DELETE /services/{id}
     GET /services/{id}
     GET /services/{id}/logs
     POST /services/{id}/update
     GET /swarm
     POST /swarm/init
     POST /swarm/join
     POST /swarm/leave
     POST /swarm/unlock
     GET /swarm/unlockkey
     POST /swarm/update
     GET /tasks
     GET /tasks/{id}
     GET /tasks/{id}/logs`,
  ],
  [
    'root on the host by its nature: a plugin is code of the engine',
    `GET /plugins
     POST /plugins/create
     GET /plugins/privileges
     POST /plugins/pull
     DELETE /plugins/{name}
     POST /plugins/{name}/disable
     POST /plugins/{name}/enable
     GET /plugins/{name}/json
     POST /plugins/{name}/push
     POST /plugins/{name}/set
     POST /plugins/{name}/upgrade`,
  ],
  [
    "the engine's inside: its command line, memory and goroutines",
    `GET /debug/pprof/
     GET /debug/pprof/cmdline
     GET /debug/pprof/profile
     GET /debug/pprof/symbol
     GET /debug/pprof/trace
     GET /debug/pprof/{name}
     GET /debug/vars`,
  ],
  ['a GET that types into a container', `GET /containers/{id}/attach/ws`],
  [
    "memory of processes on the host's disk; experimental",
    `GET /containers/{id}/checkpoints
     POST /containers/{id}/checkpoints
     DELETE /containers/{id}/checkpoints/{checkpoint}
     POST /libpod/containers/{name}/checkpoint
     POST /libpod/containers/{name}/restore`,
  ],
  ['gone from engines with API 1.24', `POST /containers/{id}/copy`],
  ['changes volumes of a swarm alone', `PUT /volumes/{name}`],
  ['no client was seen to use it yet', `GET /images/{name}/attestations`],
  [
    'paths of the host, of no use elsewhere',
    `POST /libpod/artifacts/local/add
     GET /libpod/containers/showmounted
     POST /libpod/containers/{name}/mount
     POST /libpod/containers/{name}/unmount
     POST /libpod/images/scp/{name}
     POST /libpod/local/build
     POST /libpod/local/images/load`,
  ],
  [
    'secrets of the engine',
    `POST /libpod/secrets/create
     GET /libpod/secrets/json
     DELETE /libpod/secrets/{name}
     GET /libpod/secrets/{name}/exists
     GET /libpod/secrets/{name}/json`,
  ],
  [
    'units of systemd: root on the host',
    `DELETE /libpod/quadlets
     POST /libpod/quadlets
     GET /libpod/quadlets/json
     DELETE /libpod/quadlets/{name}
     GET /libpod/quadlets/{name}/exists
     GET /libpod/quadlets/{name}/file`,
  ],
  ['sends a workload to any cluster', `POST /libpod/kube/apply`],
  ['repairs or removes what the storage holds', `POST /libpod/system/check`],
  ['of no use through us', `GET /libpod/swagger`],
  [
    'artifacts and manifest lists: not part of this dashboard',
    `POST /libpod/artifacts/add
     GET /libpod/artifacts/json
     POST /libpod/artifacts/pull
     DELETE /libpod/artifacts/remove
     DELETE /libpod/artifacts/{name}
     GET /libpod/artifacts/{name}/extract
     GET /libpod/artifacts/{name}/json
     POST /libpod/artifacts/{name}/push
     POST /libpod/manifests/create
     DELETE /libpod/manifests/{name}
     POST /libpod/manifests/{name}
     PUT /libpod/manifests/{name}
     POST /libpod/manifests/{name}/add
     GET /libpod/manifests/{name}/json
     POST /libpod/manifests/{name}/push
     POST /libpod/manifests/{name}/registry/{destination}`,
  ],
]
const refusals = new Map(
  refused.flatMap(([reason, lines]) => lines.split('\n').map((line) => [line.trim(), reason])),
)

/** A template with its patterns alike: an id, a name and a reference are all a name in the documents. */
const alike = (path: string) => path.replaceAll(/\{\w+\}/g, '{}')

describe.each(['docker', 'libpod'] as const)('every endpoint of %s', (api) => {
  it.each(routes[api])('%s is in the table or refused for a reason', (line) => {
    const [method = '', path = ''] = line.split(' ')
    const segments = path
      .replaceAll(/\{\w+\}/g, 'zz')
      .slice(1)
      .split('/')
    const found = findEndpoint(method, segments)
    if (refusals.has(line)) expect(found).toBeNull()
    else expect(alike(found?.endpoint.path ?? '')).toBe(alike(path))
    if (found) expect(found.endpoint.flavour === 'podman').toBe(api === 'libpod')
  })
})

it('has no reason for what no engine has', () => {
  const known = new Set([...routes.docker, ...routes.libpod])
  expect([...refusals.keys()].filter((line) => !known.has(line))).toEqual([])
})
