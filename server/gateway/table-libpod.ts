import type { ActName } from '#lib/acts.ts'
import { withNeeds } from './needs.ts'
import type { GatewayEndpoint, GatewayMethod, GatewayRow } from './table.ts'

const row = (
  method: GatewayMethod,
  path: string,
  act: ActName,
  query: readonly string[] = [],
  more: Partial<GatewayRow> = {},
): GatewayEndpoint => withNeeds({ method, path: `/libpod${path}`, act, query, flavour: 'podman', ...more })
const values = { hides: 'values' } as const
const verified = { verifies: true } as const
/** Errors of single objects stand in an answer of 200. */
const words = { tells: 'words' } as const
const forcedRemoval = { forced: { by: 'force', act: 'image.removeForced' } } as const
const json = { body: 'json' } as const

/**
 * Podman's own API. Podman serves it under any version, `/v1.41/libpod/…` too, so that the segment tells it and no version.
 * Left to gateway.raw, in parameters too: what acts on more than the path names (`all`, `depend`), fetches any address
 * (`url`, `tlsVerify`) or reveals (`showsecret`).
 */
export const libpodEndpoints: readonly GatewayEndpoint[] = [
  row('GET', '/_ping', 'host.view'),
  row('HEAD', '/_ping', 'host.view'),
  row('GET', '/version', 'host.view'),
  row('GET', '/info', 'host.view', [], { ...values, tells: 'info' }),
  row('GET', '/system/df', 'host.view', [], { tells: 'usage' }),
  row('GET', '/events', 'host.events', ['since', 'until', 'filters', 'stream'], {
    hides: 'lines',
    tells: 'events',
  }),
  row('POST', '/system/prune', 'host.prune'),

  row(
    ...(['GET', '/containers/json', 'container.view'] as const),
    ['all', 'limit', 'last', 'namespace', 'pod', 'size', 'sync', 'filters', 'external'],
    { ...values, tells: 'containers' },
  ),
  row('GET', '/containers/stats', 'container.stats', ['stream', 'interval', 'all'], {
    repeated: ['containers'],
  }),
  row('POST', '/containers/create', 'container.create', [], { body: 'json', policy: 'createLibpod' }),
  row('POST', '/containers/prune', 'container.prune', ['filters']),
  row('GET', '/containers/{id}/exists', 'container.view', ['external']),
  row('GET', '/containers/{id}/json', 'container.view', ['size'], { ...values, tells: 'container' }),
  row('GET', '/containers/{id}/top', 'container.processes', ['stream', 'delay'], {
    hides: 'lines',
    repeated: ['ps_args'],
  }),
  row('GET', '/containers/{id}/logs', 'container.logs', [
    'follow',
    'stdout',
    'stderr',
    'since',
    'until',
    'timestamps',
    'tail',
  ]),
  row('GET', '/containers/{id}/stats', 'container.stats', ['stream']),
  row('GET', '/containers/{id}/changes', 'container.changes', [], { fixed: { diffType: 'container' } }),
  row('GET', '/containers/{id}/export', 'container.export', [], { looks: true }),
  row('GET', '/containers/{id}/archive', 'container.files.read', ['path'], { looks: true }),
  row('HEAD', '/containers/{id}/archive', 'container.files.read', ['path'], { looks: true }),
  row(
    'PUT',
    '/containers/{id}/archive',
    'container.files.write',
    ['path', 'pause', 'copyUIDGID', 'noOverwriteDirNonDir'],
    {
      body: 'tar',
      enters: true,
    },
  ),
  row('POST', '/containers/{id}/init', 'container.start'),
  row('POST', '/containers/{id}/start', 'container.start', ['detachKeys']),
  row('POST', '/containers/{id}/stop', 'container.stop', ['t', 'timeout', 'ignore']),
  row('POST', '/containers/{id}/restart', 'container.restart', ['t', 'timeout']),
  row('POST', '/containers/{id}/kill', 'container.kill', ['signal']),
  row('POST', '/containers/{id}/pause', 'container.pause'),
  row('POST', '/containers/{id}/unpause', 'container.pause'),
  row('POST', '/containers/{id}/rename', 'container.rename', ['name']),
  row('POST', '/containers/{id}/update', 'container.update', ['restartPolicy', 'restartRetries'], {
    body: 'json',
    policy: 'updateLibpod',
  }),
  row('POST', '/containers/{id}/wait', 'container.view', ['condition', 'interval'], {
    repeated: ['condition'],
  }),
  row('POST', '/containers/{id}/resize', 'container.attach', ['h', 'w', 'running']),
  row(
    ...(['POST', '/containers/{id}/attach', 'container.attach'] as const),
    ['stream', 'stdin', 'stdout', 'stderr', 'logs', 'detachKeys'],
    { hijack: 'tcp', enters: true },
  ),
  row(
    'DELETE',
    '/containers/{id}',
    'container.remove',
    ['force', 'v', 'volumes', 'ignore', 'timeout'],
    words,
  ),
  // A GET that runs a command in the container.
  row('GET', '/containers/{id}/healthcheck', 'container.healthcheck'),
  row('POST', '/containers/{id}/exec', 'container.exec', [], { body: 'json', policy: 'exec', enters: true }),
  row('POST', '/exec/{id}/start', 'container.exec', [], {
    body: 'json',
    policy: 'execStart',
    enters: true,
    hijack: 'tcp',
  }),
  row('POST', '/exec/{id}/resize', 'container.exec', ['h', 'w', 'running']),
  row('GET', '/exec/{id}/json', 'container.exec'),
  row('POST', '/exec/{id}/remove', 'container.execRemove', [], { body: 'json', policy: 'execRemove' }),
  row(
    ...(['POST', '/commit', 'container.commit'] as const),
    ['container', 'repo', 'tag', 'comment', 'author', 'pause', 'format', 'squash', 'stream'],
    { gives: ['repo', 'tag'], names: 'container', enters: true },
  ),

  row('GET', '/pods/json', 'pod.view', ['filters'], { ...values, tells: 'pods' }),
  row('GET', '/pods/stats', 'container.stats', ['all', 'stream', 'delay'], { repeated: ['namesOrIDs'] }),
  row('POST', '/pods/create', 'pod.create', [], json),
  row('POST', '/pods/prune', 'pod.prune'),
  row('GET', '/pods/{id}/exists', 'pod.view'),
  row('GET', '/pods/{id}/json', 'pod.view', [], { ...values, tells: 'pods' }),
  row('GET', '/pods/{id}/top', 'container.processes', ['stream', 'delay'], {
    hides: 'lines',
    repeated: ['ps_args'],
  }),
  row('POST', '/pods/{id}/start', 'container.start'),
  row('POST', '/pods/{id}/stop', 'container.stop', ['t']),
  row('POST', '/pods/{id}/restart', 'container.restart'),
  row('POST', '/pods/{id}/kill', 'container.kill', ['signal']),
  row('POST', '/pods/{id}/pause', 'container.pause'),
  row('POST', '/pods/{id}/unpause', 'container.pause'),
  row('DELETE', '/pods/{id}', 'pod.remove', ['force', 'timeout']),
  // Every environment of a pod stands in them.
  row('GET', '/generate/kube', 'kube.generate', [], { repeated: ['names'] }),
  row('GET', '/kube/generate', 'kube.generate', [], { repeated: ['names'] }),
  row('GET', '/generate/{id}/systemd', 'kube.generate'),
  row('POST', '/kube/play', 'kube.play', [], { body: 'yaml' }),
  row('DELETE', '/kube/play', 'kube.down', [], { body: 'yaml' }),
  row('POST', '/play/kube', 'kube.play', [], { body: 'yaml' }),
  row('DELETE', '/play/kube', 'kube.down', [], { body: 'yaml' }),

  row('GET', '/images/json', 'image.view', ['all', 'filters', 'shared-size'], {
    ...values,
    tells: 'images',
  }),
  row('GET', '/images/search', 'image.search', ['term', 'limit', 'noTrunc', 'filters', 'listTags'], verified),
  row(
    ...(['GET', '/images/export', 'image.save'] as const),
    ['format', 'compress', 'ociAcceptUncompressedLayers'],
    { repeated: ['references'] },
  ),
  row('POST', '/images/load', 'image.loadUnread', [], { body: 'tar' }),
  row('POST', '/images/import', 'image.load', ['reference', 'message'], {
    body: 'tar',
    gives: ['reference'],
  }),
  row(
    'POST',
    '/images/pull',
    'image.pull',
    [
      // As clients write them; the documents begin some with a capital.
      'reference',
      'policy',
      'quiet',
      'compatMode',
      'arch',
      'os',
      'variant',
      'pullProgress',
    ],
    verified,
  ),
  row('POST', '/images/prune', 'image.prune', ['all', 'external', 'filters'], {
    forced: { by: 'external', act: 'image.pruneForced' },
  }),
  row('DELETE', '/images/remove', 'image.remove', ['force', 'ignore', 'lookupManifest', 'noprune'], {
    repeated: ['images'],
    ...forcedRemoval,
    ...words,
  }),
  row('GET', '/images/{name}/exists', 'image.view'),
  row('GET', '/images/{name}/json', 'image.view', [], { ...values, tells: 'images' }),
  row('GET', '/images/{name}/history', 'image.view', [], values),
  row('GET', '/images/{name}/tree', 'image.view', ['whatrequires']),
  row('GET', '/images/{name}/changes', 'image.view', [], { fixed: { diffType: 'image' } }),
  row('GET', '/images/{name}/resolve', 'image.view'),
  row('GET', '/images/{name}/get', 'image.save', ['format', 'compress']),
  row('POST', '/images/{name}/push', 'image.push', ['destination', 'quiet', 'format', 'all'], verified),
  row('POST', '/images/{name}/tag', 'image.tag', ['repo', 'tag']),
  row('POST', '/images/{name}/untag', 'image.tag', ['repo', 'tag']),
  row('DELETE', '/images/{name}', 'image.remove', ['force'], forcedRemoval),
  row('POST', '/build', 'image.build', [], { body: 'tar', repeated: ['t'] }),
  row('GET', '/manifests/{name}/exists', 'image.view'),

  row('GET', '/networks/json', 'network.view', ['filters'], { ...values, tells: 'networks' }),
  row('POST', '/networks/create', 'network.change', [], json),
  row('POST', '/networks/prune', 'network.prune', ['filters']),
  row('GET', '/networks/{id}', 'network.view', [], { ...values, tells: 'networks' }),
  row('GET', '/networks/{id}/exists', 'network.view'),
  row('GET', '/networks/{id}/json', 'network.view', [], { ...values, tells: 'networks' }),
  row('POST', '/networks/{id}/update', 'network.change', [], json),
  row('POST', '/networks/{id}/connect', 'network.change', [], json),
  row('POST', '/networks/{id}/disconnect', 'network.change', [], json),
  row('DELETE', '/networks/{id}', 'network.change', [], {
    forced: { by: 'force', act: 'network.removeForced' },
  }),

  row('GET', '/volumes/json', 'volume.view', ['filters'], { ...values, tells: 'volumes' }),
  row('POST', '/volumes/create', 'volume.create', [], {
    body: 'json',
    policy: 'volumeLibpod',
    bodyNames: 'Name',
  }),
  row('POST', '/volumes/prune', 'volume.prune', ['filters']),
  row('GET', '/volumes/{id}/exists', 'volume.view'),
  row('GET', '/volumes/{id}/json', 'volume.view', [], { ...values, tells: 'volumes' }),
  row('GET', '/volumes/{id}/export', 'volume.export'),
  row('POST', '/volumes/{id}/import', 'volume.import', [], { body: 'tar' }),
  row('POST', '/volumes/{id}/rename', 'volume.rename'),
  row('DELETE', '/volumes/{id}', 'volume.remove', ['force'], {
    forced: { by: 'force', act: 'volume.removeForced' },
  }),
]
