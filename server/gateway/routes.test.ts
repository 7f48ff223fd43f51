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
    "the engine's inside: its command line, memory and goroutines",
    `GET /debug/pprof/
     GET /debug/pprof/cmdline
     GET /debug/pprof/profile
     GET /debug/pprof/symbol
     GET /debug/pprof/trace
     GET /debug/pprof/{name}
     GET /debug/vars`,
  ],
  ['gone from engines with API 1.24', `POST /containers/{id}/copy`],
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
    'units of systemd: root on the host',
    `DELETE /libpod/quadlets
     POST /libpod/quadlets
     GET /libpod/quadlets/json
     DELETE /libpod/quadlets/{name}
     GET /libpod/quadlets/{name}/exists
     GET /libpod/quadlets/{name}/file`,
  ],
  ['sends a workload to any cluster', `POST /libpod/kube/apply`],
  ['of no use through us', `GET /libpod/swagger`],
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
