import type { ByDoor } from './two-doors.ts'

/** What the acts are about, on one host. */
export interface ActedOn {
  hostId: string
  flavour: 'docker' | 'podman'
  /** Of a container. */
  id: string
  /** An image, by name and tag, and by its id. */
  image: string
  imageId: string
  /** Images of it have no tag yet but the ones that the acts give. */
  repository: string
  /** What is made has it. */
  name: string
}

const emptyTar = Buffer.alloc(1024)

/** Acts of both doors, as each of them has it; those of one door alone beside. */
export function actsAt({ hostId, flavour, id, image, imageId, repository, name }: ActedOn): ByDoor[] {
  const container = `/api/hosts/${hostId}/containers/${id}`
  const ofImage = `/api/hosts/${hostId}/images/${imageId}`
  const at = `/containers/${id}`
  const own = (path: string) => (flavour === 'podman' ? `/libpod${path}` : path)
  const spec = { image, name }
  // Podman takes the beginning of a volume's name for the volume, and others have theirs at the same engine.
  const none = `${name}-none`
  const socket = `/api/terminal?${new URLSearchParams({ hostId, containerId: id })}`
  const terminal = (mode: 'exec' | 'attach') => ({ type: 'start', mode, columns: 80, rows: 24 })
  return [
    ...(['start', 'stop', 'restart', 'pause'] as const).map(
      (verb): ByDoor => ({
        act: `container.${verb}`,
        dashboard: ['POST', `${container}/${verb}`, {}],
        gateway: ['POST', own(`${at}/${verb}`)],
      }),
    ),
    {
      act: 'container.kill',
      dashboard: ['POST', `${container}/kill`, { signal: 'SIGUSR1' }],
      gateway: ['POST', own(`${at}/kill?signal=SIGUSR1`)],
    },
    {
      act: 'container.rename',
      dashboard: ['POST', `${container}/rename`, { name: `${name}-renamed` }],
      gateway: ['POST', own(`${at}/rename?name=${name}-renamed`)],
    },
    { act: 'container.remove', dashboard: ['DELETE', container], gateway: ['DELETE', own(at)] },
    {
      act: 'container.processes',
      dashboard: ['GET', `${container}/processes`],
      gateway: ['GET', `${at}/top`],
    },
    {
      act: 'container.changes',
      dashboard: ['GET', `${container}/changes`],
      gateway: ['GET', own(`${at}/changes`)],
    },
    {
      act: 'container.export',
      dashboard: ['GET', `${container}/export`],
      gateway: ['GET', own(`${at}/export`)],
    },
    {
      act: 'container.files.read',
      dashboard: ['GET', `${container}/files/content?path=/etc/passwd`],
      gateway: ['GET', own(`${at}/archive?path=/etc/passwd`)],
    },
    {
      act: 'container.update',
      dashboard: ['POST', `${container}/update`, { memory: 9_000_000 }],
      gateway: ['POST', `${at}/update`, { Memory: 9_000_000 }],
    },
    {
      act: 'container.create',
      dashboard: ['POST', '/api/containers', { spec, hostIds: [hostId], pull: 'never' }],
      gateway: ['POST', `/containers/create?name=${name}`, { Image: image }],
    },
    { act: 'container.recreate', dashboard: ['POST', `${container}/recreate`, { spec, pull: 'never' }] },
    {
      act: 'container.commit',
      dashboard: ['POST', `${container}/commit`, { reference: `${repository}:1` }],
      gateway: ['POST', own(`/commit?container=${id}&repo=${repository}&tag=2`), {}],
    },
    {
      act: 'container.exec',
      dashboard: ['SOCKET', socket, terminal('exec')],
      gateway: ['POST', own(`${at}/exec`), { Cmd: ['id'] }],
    },
    {
      act: 'container.attach',
      dashboard: ['SOCKET', socket, terminal('attach')],
      gateway: ['UPGRADE', own(`${at}/attach?stream=1&stdout=1`)],
    },
    {
      act: 'container.files.write',
      dashboard: ['PUT', `${container}/files?path=/tmp&name=sent`, Buffer.from('sent')],
      gateway: ['PUT', own(`${at}/archive?path=/tmp`), emptyTar],
    },
    { act: 'container.logs', gateway: ['GET', own(`${at}/logs?stdout=1`)] },
    { act: 'image.view', dashboard: ['GET', ofImage], gateway: ['GET', own(`/images/${imageId}/json`)] },
    {
      act: 'image.pull',
      dashboard: ['POST', '/api/images/pull', { reference: image, hostIds: [hostId] }],
      gateway: ['POST', `/images/create?fromImage=${image}`],
    },
    {
      act: 'image.push',
      dashboard: ['POST', '/api/images/push', { reference: image, hostId }],
      gateway: ['POST', own(`/images/${image}/push`)],
    },
    {
      act: 'image.search',
      dashboard: ['GET', `/api/hosts/${hostId}/search?term=app`],
      gateway: ['GET', own('/images/search?term=app')],
    },
    {
      act: 'image.save',
      dashboard: ['GET', `/api/hosts/${hostId}/images/archive?reference=${image}`],
      gateway: ['GET', own(`/images/${image}/get`)],
    },
    {
      act: 'image.tag',
      dashboard: ['POST', `${ofImage}/tag`, { reference: `${repository}:b` }],
      gateway: ['POST', own(`/images/${image}/tag?repo=${repository}&tag=c`)],
    },
    { act: 'image.remove', dashboard: ['DELETE', ofImage], gateway: ['DELETE', own(`/images/${image}`)] },
    {
      act: flavour === 'podman' ? 'image.removeForced' : 'image.remove',
      dashboard: ['DELETE', `${ofImage}?force=true`],
      gateway: ['DELETE', `/images/${image}?force=1`],
    },
    {
      act: 'image.build',
      dashboard: [
        ...(['POST', '/api/images/build'] as const),
        { hostIds: [hostId], tags: ['x:1'], context: { kind: 'dockerfile', text: 'FROM scratch' } },
      ],
      gateway: ['POST', own('/build?t=x:1')],
    },
    {
      // As the docker command says it.
      act: 'image.build',
      gateway: [
        'POST',
        '/build?buildargs=%7B%7D&dockerfile=Dockerfile&networkmode=default&rm=1&t=x:1&version=1',
      ],
    },
    { act: 'image.loadUnread', gateway: ['POST', own('/images/load')] },
    {
      act: 'image.prune',
      dashboard: ['POST', '/api/prune', { hosts: [{ hostId, images: [imageId] }] }],
      gateway: ['POST', own('/images/prune')],
    },
    {
      act: 'container.prune',
      dashboard: ['POST', '/api/prune', { hosts: [{ hostId, containers: [id] }] }],
      gateway: ['POST', own('/containers/prune')],
    },
    {
      act: 'volume.prune',
      dashboard: ['POST', '/api/prune', { hosts: [{ hostId, volumes: [none] }] }],
      gateway: ['POST', own('/volumes/prune')],
    },
    {
      act: 'network.prune',
      dashboard: ['POST', '/api/prune', { hosts: [{ hostId, networks: [none] }] }],
      gateway: ['POST', own('/networks/prune')],
    },
    { act: 'network.change', gateway: ['DELETE', own(`/networks/${none}`)] },
    {
      act: 'volume.create',
      dashboard: ['POST', '/api/volumes', { name, form: { kind: 'tmpfs' }, hostIds: [hostId] }],
      gateway: ['POST', own('/volumes/create'), { Name: name }],
    },
    {
      act: 'volume.createMounting',
      dashboard: [
        ...(['POST', '/api/volumes'] as const),
        { name: `${name}-folder`, form: { kind: 'bind', path: '/srv' }, hostIds: [hostId] },
      ],
      gateway: [
        ...(['POST', '/volumes/create'] as const),
        { Name: `${name}-disk`, DriverOpts: { type: 'ext4', device: '/dev/sda1' } },
      ],
    },
    {
      act: 'volume.remove',
      dashboard: ['POST', '/api/volumes/remove', { volumes: [{ hostId, name: none }] }],
      gateway: ['DELETE', own(`/volumes/${none}`)],
    },
    ...(flavour === 'docker'
      ? []
      : ([
          { act: 'image.removeForced', gateway: ['DELETE', `/libpod/images/${image}?force=true`] },
          {
            act: 'image.removeForced',
            gateway: ['DELETE', `/libpod/images/remove?images=${image}&force=true`],
          },
          { act: 'image.pruneForced', gateway: ['POST', '/libpod/images/prune?external=true'] },
          { act: 'network.removeForced', gateway: ['DELETE', `/libpod/networks/${none}?force=true`] },
          { act: 'network.removeForced', gateway: ['DELETE', `/networks/${none}?force=true`] },
          { act: 'volume.removeForced', gateway: ['DELETE', `/libpod/volumes/${none}?force=true`] },
          { act: 'pod.remove', gateway: ['DELETE', `/libpod/pods/${none}?force=true`] },
          { act: 'pod.create', gateway: ['POST', '/libpod/pods/create', { name, no_infra: true }] },
          { act: 'kube.play', gateway: ['POST', '/libpod/play/kube'] },
          { act: 'kube.generate', gateway: ['GET', `/libpod/generate/kube?names=${id}`] },
          { act: 'image.load', gateway: ['POST', `/libpod/images/import?reference=${repository}:3`] },
        ] satisfies ByDoor[])),
  ]
}
