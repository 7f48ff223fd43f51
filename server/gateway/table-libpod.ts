import type { Permission } from '#lib/permissions.ts'
import type { GatewayEndpoint, GatewayMethod } from './table.ts'

const row = (
  method: GatewayMethod,
  path: string,
  permission: Permission,
  query: readonly string[] = [],
  more: Partial<GatewayEndpoint> = {},
): GatewayEndpoint => ({ method, path: `/libpod${path}`, permission, query, flavour: 'podman', ...more })
const raw = { raw: true } as const
const values = { hides: 'values' } as const
const rawJson = { raw: true, body: 'json' } as const

/**
 * Podman's own API. Podman serves it under any version, `/v1.41/libpod/…` too, so that the segment tells it and no version.
 * Left to gateway.raw, in parameters too: what acts on more than the path names (`all`, `depend`), fetches any address
 * (`url`, `tlsVerify`) or prints environments (`ps_args`, `showsecret`).
 */
export const libpodEndpoints: readonly GatewayEndpoint[] = [
  row('GET', '/_ping', 'hosts.view'),
  row('HEAD', '/_ping', 'hosts.view'),
  row('GET', '/version', 'hosts.view'),
  row('GET', '/info', 'hosts.view', [], values),
  row('GET', '/system/df', 'hosts.view', [], { tells: 'usage' }),
  row('GET', '/events', 'containers.top', ['since', 'until', 'filters', 'stream'], {
    ...{ hides: 'lines', tells: 'events' },
  }),
  row('POST', '/system/prune', 'containers.prune', [], raw),

  row(
    ...(['GET', '/containers/json', 'containers.view'] as const),
    ['all', 'limit', 'last', 'namespace', 'pod', 'size', 'sync', 'filters', 'external'],
    { ...values, tells: 'containers' },
  ),
  row('GET', '/containers/stats', 'containers.stats', ['stream', 'interval', 'all'], {
    repeated: ['containers'],
  }),
  row('POST', '/containers/create', 'containers.create', [], { body: 'json', policy: 'createLibpod' }),
  row('POST', '/containers/prune', 'containers.prune', ['filters']),
  row('GET', '/containers/{id}/exists', 'containers.view', ['external']),
  row('GET', '/containers/{id}/json', 'containers.view', ['size'], values),
  row('GET', '/containers/{id}/top', 'containers.top', ['stream', 'delay'], { hides: 'lines' }),
  row('GET', '/containers/{id}/logs', 'containers.logs', [
    ...['follow', 'stdout', 'stderr', 'since', 'until', 'timestamps', 'tail'],
  ]),
  row('GET', '/containers/{id}/stats', 'containers.stats', ['stream']),
  row('GET', '/containers/{id}/changes', 'containers.changes', ['diffType']),
  row('GET', '/containers/{id}/export', 'containers.export'),
  row('GET', '/containers/{id}/archive', 'containers.files.read', ['path']),
  row('HEAD', '/containers/{id}/archive', 'containers.files.read', ['path']),
  row('PUT', '/containers/{id}/archive', 'containers.files.write', ['path', 'pause'], {
    ...{ body: 'tar', enters: true },
  }),
  row('POST', '/containers/{id}/init', 'containers.start'),
  row('POST', '/containers/{id}/start', 'containers.start', ['detachKeys']),
  row('POST', '/containers/{id}/stop', 'containers.stop', ['t', 'timeout', 'ignore']),
  row('POST', '/containers/{id}/restart', 'containers.restart', ['t', 'timeout']),
  row('POST', '/containers/{id}/kill', 'containers.kill', ['signal']),
  row('POST', '/containers/{id}/pause', 'containers.pause'),
  row('POST', '/containers/{id}/unpause', 'containers.pause'),
  row('POST', '/containers/{id}/rename', 'containers.rename', ['name']),
  row('POST', '/containers/{id}/update', 'containers.update', ['restartPolicy', 'restartRetries'], {
    ...{ body: 'json', policy: 'updateLibpod' },
  }),
  row('POST', '/containers/{id}/wait', 'containers.view', ['condition', 'interval'], {
    repeated: ['condition'],
  }),
  row('POST', '/containers/{id}/resize', 'containers.attach', ['h', 'w', 'running']),
  row(
    ...(['POST', '/containers/{id}/attach', 'containers.attach'] as const),
    ['stream', 'stdin', 'stdout', 'stderr', 'logs', 'detachKeys'],
    { hijack: 'tcp', enters: true },
  ),
  row('DELETE', '/containers/{id}', 'containers.remove', ['force', 'v', 'ignore', 'timeout']),
  // A GET that runs a command in the container.
  row('GET', '/containers/{id}/healthcheck', 'containers.exec', [], raw),
  row('POST', '/containers/{id}/exec', 'containers.exec', [], { body: 'json', policy: 'exec', enters: true }),
  row('POST', '/exec/{id}/start', 'containers.exec', [], {
    ...{ body: 'json', policy: 'execStart', enters: true, hijack: 'tcp' },
  }),
  row('POST', '/exec/{id}/resize', 'containers.exec', ['h', 'w', 'running']),
  row('GET', '/exec/{id}/json', 'containers.exec'),
  row('POST', '/exec/{id}/remove', 'containers.exec', [], rawJson),
  row('POST', '/commit', 'containers.commit', [], raw),

  row('GET', '/pods/json', 'pods.view', ['filters'], { ...values, tells: 'pods' }),
  row('GET', '/pods/stats', 'containers.stats', ['all', 'stream', 'delay'], { repeated: ['namesOrIDs'] }),
  row('POST', '/pods/create', 'containers.create', [], rawJson),
  row('POST', '/pods/prune', 'containers.prune'),
  row('GET', '/pods/{id}/exists', 'pods.view'),
  row('GET', '/pods/{id}/json', 'pods.view', [], { ...values, tells: 'pods' }),
  row('GET', '/pods/{id}/top', 'containers.top', ['stream', 'delay'], { hides: 'lines' }),
  row('POST', '/pods/{id}/start', 'containers.start'),
  row('POST', '/pods/{id}/stop', 'containers.stop', ['t']),
  row('POST', '/pods/{id}/restart', 'containers.restart'),
  row('POST', '/pods/{id}/kill', 'containers.kill', ['signal']),
  row('POST', '/pods/{id}/pause', 'containers.pause'),
  row('POST', '/pods/{id}/unpause', 'containers.pause'),
  row('DELETE', '/pods/{id}', 'containers.remove', ['force', 'timeout']),
  // Every environment of a pod stands in them.
  row('GET', '/generate/kube', 'containers.reveal', [], { ...raw, repeated: ['names'] }),
  row('GET', '/kube/generate', 'containers.reveal', [], { ...raw, repeated: ['names'] }),
  row('GET', '/generate/{id}/systemd', 'containers.reveal', [], raw),
  row('POST', '/kube/play', 'containers.create', [], { ...raw, body: 'yaml' }),
  row('DELETE', '/kube/play', 'containers.remove', [], { ...raw, body: 'yaml' }),
  row('POST', '/play/kube', 'containers.create', [], { ...raw, body: 'yaml' }),
  row('DELETE', '/play/kube', 'containers.remove', [], { ...raw, body: 'yaml' }),

  row('GET', '/images/json', 'images.view', ['all', 'filters', 'shared-size'], values),
  row('GET', '/images/search', 'images.pull', ['term', 'limit', 'noTrunc', 'filters', 'listTags']),
  row(
    ...(['GET', '/images/export', 'images.save'] as const),
    ['format', 'compress', 'ociAcceptUncompressedLayers'],
    { repeated: ['references'] },
  ),
  row('POST', '/images/load', 'images.load', [], { body: 'tar' }),
  row('POST', '/images/import', 'images.load', ['reference', 'message'], { body: 'tar' }),
  row('POST', '/images/pull', 'images.pull', [
    // As clients write them; the documents begin some with a capital.
    ...['reference', 'policy', 'quiet', 'compatMode', 'arch', 'os', 'variant', 'pullProgress'],
  ]),
  row('POST', '/images/prune', 'images.prune', ['all', 'external', 'filters']),
  row('DELETE', '/images/remove', 'images.remove', ['force', 'ignore', 'lookupManifest', 'noprune'], {
    repeated: ['images'],
  }),
  row('GET', '/images/{name}/exists', 'images.view'),
  row('GET', '/images/{name}/json', 'images.view', [], values),
  row('GET', '/images/{name}/history', 'images.view', [], values),
  row('GET', '/images/{name}/tree', 'images.view', ['whatrequires']),
  row('GET', '/images/{name}/changes', 'images.view', ['diffType']),
  row('GET', '/images/{name}/resolve', 'images.view'),
  row('GET', '/images/{name}/get', 'images.save', ['format', 'compress']),
  row('POST', '/images/{name}/push', 'images.push', ['destination', 'quiet', 'format', 'all']),
  row('POST', '/images/{name}/tag', 'images.tag', ['repo', 'tag']),
  row('POST', '/images/{name}/untag', 'images.tag', ['repo', 'tag']),
  row('DELETE', '/images/{name}', 'images.remove', ['force']),
  row('POST', '/build', 'images.build', [], { ...raw, body: 'tar', repeated: ['t'] }),
  row('GET', '/manifests/{name}/exists', 'images.view'),

  row('GET', '/networks/json', 'networks.view', ['filters'], { ...values, tells: 'networks' }),
  row('POST', '/networks/create', 'networks.view', [], rawJson),
  row('POST', '/networks/prune', 'networks.prune', ['filters']),
  row('GET', '/networks/{id}', 'networks.view', [], { ...values, tells: 'networks' }),
  row('GET', '/networks/{id}/exists', 'networks.view'),
  row('GET', '/networks/{id}/json', 'networks.view', [], { ...values, tells: 'networks' }),
  row('POST', '/networks/{id}/update', 'networks.view', [], rawJson),
  row('POST', '/networks/{id}/connect', 'networks.view', [], rawJson),
  row('POST', '/networks/{id}/disconnect', 'networks.view', [], rawJson),
  row('DELETE', '/networks/{id}', 'networks.view', [], raw),

  row('GET', '/volumes/json', 'volumes.view', ['filters'], values),
  row('POST', '/volumes/create', 'volumes.view', [], rawJson),
  row('POST', '/volumes/prune', 'volumes.prune', ['filters']),
  row('GET', '/volumes/{id}/exists', 'volumes.view'),
  row('GET', '/volumes/{id}/json', 'volumes.view', [], values),
  row('GET', '/volumes/{id}/export', 'containers.files.read', [], raw),
  row('POST', '/volumes/{id}/import', 'containers.files.write', [], { ...raw, body: 'tar' }),
  row('POST', '/volumes/{id}/rename', 'volumes.view', [], raw),
  row('DELETE', '/volumes/{id}', 'volumes.view', [], raw),
]
