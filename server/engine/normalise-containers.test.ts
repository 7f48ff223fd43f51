import { describe, expect, it } from 'vitest'
import {
  type DockerListedContainer,
  fromDockerList,
  fromInspect,
  fromLibpodList,
  type InspectedContainer,
  type LibpodListedContainer,
} from './normalise-containers.ts'

const id = 'ba2f22d8c1f19cf95bbe05314b2966500a04a8c99effd049012df138008e84d3'
const imageId = '4eb200035826c446514f35e57f2e8a12b62ba9eb24755d595de89cbdf40b9893'

/** As Docker 20.10.24 and 28.5.2 list it. */
const docker: DockerListedContainer = {
  Id: id,
  Names: ['/web'],
  Image: 'lab.internal/web:1.0',
  ImageID: `sha256:${imageId}`,
  Command: 'httpd -f -p 80 -h /www',
  Created: 1795218307,
  Labels: {},
  State: 'running',
  Status: 'Up 26 minutes',
  Ports: [
    { IP: '::', PrivatePort: 80, PublicPort: 8088, Type: 'tcp' },
    { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8088, Type: 'tcp' },
  ],
  NetworkSettings: { Networks: { bridge: {}, 'a-net': {} } },
}
/** As Podman 5.4.2 lists it; 4.3.1 leaves out ExposedPorts and Restarts. */
const libpod: LibpodListedContainer = {
  Id: id,
  Names: ['web'],
  Image: 'lab.internal/web:1.0',
  ImageID: imageId,
  Labels: null,
  Command: ['httpd', '-f', '-p', '80', '-h', '/www'],
  Created: '2026-11-20T23:45:07.912856479Z',
  StartedAt: 1795218308,
  ExitedAt: -62135596800,
  ExitCode: 0,
  State: 'running',
  Status: '',
  Restarts: 0,
  Networks: ['podman'],
  Pod: '',
  ExposedPorts: { '80': ['tcp'], '443': ['tcp', 'udp'] },
  Ports: [{ host_ip: '', container_port: 80, host_port: 8088, range: 1, protocol: 'tcp' }],
}
const inspect: InspectedContainer = {
  Id: id,
  Name: '/web',
  Created: '2026-11-20T23:45:07.344738653Z',
  Image: `sha256:${imageId}`,
  RestartCount: 2,
  Path: 'httpd',
  Args: ['-f', '-p', '80', '-h', '/www'],
  State: {
    Status: 'running',
    ExitCode: 0,
    OOMKilled: false,
    StartedAt: '2026-11-20T23:45:07.906497412Z',
    FinishedAt: '0001-01-01T00:00:00Z',
  },
  Config: { Image: 'lab.internal/web:1.0', Labels: {}, ExposedPorts: { '80/tcp': {}, '443/tcp': {} } },
  NetworkSettings: {
    Ports: {
      '80/tcp': [
        { HostIp: '0.0.0.0', HostPort: '8088' },
        { HostIp: '::', HostPort: '8088' },
      ],
      '443/tcp': null,
    },
    Networks: { bridge: {} },
  },
}
const published = (ip: string) => ({ ip, hostPort: 8088, containerPort: 80, protocol: 'tcp' })
const exposed = (containerPort: number, protocol = 'tcp') => ({
  ip: null,
  hostPort: null,
  containerPort,
  protocol,
})

describe("Docker's list", () => {
  it('becomes a container', () => {
    expect(fromDockerList(docker)).toEqual({
      id,
      name: 'web',
      image: 'lab.internal/web:1.0',
      imageId: `sha256:${imageId}`,
      command: 'httpd -f -p 80 -h /www',
      createdAt: '2026-11-20T23:45:07Z',
      state: 'running',
      health: 'none',
      exitCode: null,
      error: null,
      oomKilled: false,
      startedAt: null,
      finishedAt: null,
      restartCount: null,
      networks: ['a-net', 'bridge'],
      labels: {},
      ports: [published('0.0.0.0'), published('::')],
      stack: null,
      service: null,
      podId: null,
      volumes: [],
    })
  })

  it('of a linked container names it by its own name', () => {
    expect(fromDockerList({ ...docker, Names: ['/app/db', '/db'] }).name).toBe('db')
  })

  it('of a container that is being made has no name yet', () => {
    expect(
      fromDockerList({ ...docker, Names: undefined, Ports: undefined, NetworkSettings: null }),
    ).toMatchObject({ name: '', ports: [], networks: [] })
  })

  it('names its volumes, and no folders or memory', () => {
    const mounts = [
      { Type: 'volume', Name: 'logs' },
      { Type: 'bind', Source: '/srv' },
      { Type: 'volume', Name: 'data' },
      { Type: 'volume', Name: 'data' },
      { Type: 'tmpfs', Name: '' },
    ]
    expect(fromDockerList({ ...docker, Mounts: mounts }).volumes).toEqual(['data', 'logs'])
    expect(fromInspect({ ...inspect, Mounts: mounts }).volumes).toEqual(['data', 'logs'])
  })

  it('tells ports that are only exposed', () => {
    expect(fromDockerList({ ...docker, Ports: [{ PrivatePort: 443, Type: 'tcp' }] }).ports).toEqual([
      exposed(443),
    ])
  })
})

describe("libpod's list", () => {
  it('becomes a container', () => {
    expect(fromLibpodList(libpod)).toMatchObject({
      id,
      name: 'web',
      imageId: `sha256:${imageId}`,
      command: 'httpd -f -p 80 -h /www',
      state: 'running',
      createdAt: '2026-11-20T23:45:07Z',
      startedAt: '2026-11-20T23:45:08Z',
      finishedAt: null,
      exitCode: null,
      restartCount: 0,
      ports: [published('0.0.0.0'), exposed(443), exposed(443, 'udp')],
      networks: ['podman'],
      labels: {},
      podId: null,
      volumes: [],
    })
  })

  it.each([
    [{ Status: 'unhealthy' }, { health: 'unhealthy' }],
    [
      { State: 'exited', ExitCode: 3, ExitedAt: 1795218305 },
      { state: 'exited', exitCode: 3, finishedAt: '2026-11-20T23:45:05Z' },
    ],
    [{ State: 'configured' }, { state: 'created', exitCode: null }],
    [{ State: 'exited', Status: 'healthy' }, { health: 'none' }],
    [
      { State: 'stopping', Status: 'healthy' },
      { state: 'running', health: 'healthy', exitCode: null },
    ],
    [
      { State: 'stopped', ExitCode: 137 },
      { state: 'exited', exitCode: 137 },
    ],
    [{ Restarts: undefined }, { restartCount: null }],
    [{ Pod: 'p' }, { podId: 'p' }],
    // It has only where in the container they are.
    [{ Mounts: ['/data'] }, { volumes: null }],
    [{ Mounts: [] }, { volumes: [] }],
    [
      { Command: null, Ports: null, ExposedPorts: null, Networks: null },
      { command: '', ports: [], networks: [] },
    ],
  ])('%j', (raw, container) => {
    expect(fromLibpodList({ ...libpod, ...raw })).toMatchObject(container)
  })

  it('unrolls a range of ports, but not one that would fill the memory', () => {
    const range = (length: number) =>
      fromLibpodList({
        ...libpod,
        ExposedPorts: null,
        Ports: [
          { host_ip: '127.0.0.1', container_port: 9000, host_port: 8000, range: length, protocol: 'udp' },
        ],
      }).ports
    expect(range(3).map((port) => [port.ip, port.hostPort, port.containerPort])).toEqual([
      ['127.0.0.1', 8000, 9000],
      ['127.0.0.1', 8001, 9001],
      ['127.0.0.1', 8002, 9002],
    ])
    expect(range(0)).toHaveLength(1)
    expect(range(1e9).length).toBeLessThanOrEqual(512)
  })
})

describe('inspect', () => {
  it('becomes a container', () => {
    expect(fromInspect(inspect)).toEqual({
      id,
      name: 'web',
      image: 'lab.internal/web:1.0',
      imageId: `sha256:${imageId}`,
      command: 'httpd -f -p 80 -h /www',
      createdAt: '2026-11-20T23:45:07Z',
      state: 'running',
      health: 'none',
      exitCode: null,
      error: null,
      oomKilled: false,
      startedAt: '2026-11-20T23:45:07Z',
      finishedAt: null,
      restartCount: 2,
      networks: ['bridge'],
      labels: {},
      ports: [published('0.0.0.0'), published('::'), exposed(443)],
      stack: null,
      service: null,
      podId: null,
      volumes: [],
    })
  })

  it.each([
    ['Docker health', { ...inspect.State, Health: { Status: 'healthy' } }, { health: 'healthy' }],
    ['no health on Podman 4.3', { ...inspect.State, Health: { Status: '' } }, { health: 'none' }],
    ['health of Podman 3', { ...inspect.State, Healthcheck: { Status: 'starting' } }, { health: 'starting' }],
    [
      'killed for memory',
      { ...inspect.State, Status: 'exited', ExitCode: 137, OOMKilled: true },
      { exitCode: 137, oomKilled: true },
    ],
    ['running again after a failure', { ...inspect.State, ExitCode: 1 }, { exitCode: null }],
    [
      'healthy when it ended',
      { ...inspect.State, Status: 'exited', Health: { Status: 'healthy' } },
      { health: 'none' },
    ],
    [
      'between two runs',
      { ...inspect.State, Status: 'restarting', ExitCode: 5 },
      { state: 'restarting', exitCode: 5 },
    ],
    [
      'a start that failed',
      { ...inspect.State, Status: 'created', ExitCode: 127, Error: 'exec: "/x": no such file' },
      { exitCode: null, error: 'exec: "/x": no such file' },
    ],
    [
      'a password in the words of a start that failed',
      { ...inspect.State, Status: 'created', Error: 'exec: "mysql --password=hunter2": no such file' },
      { error: expect.not.stringContaining('hunter2') },
    ],
    ['running after a start that failed', { ...inspect.State, Error: 'old' }, { error: null }],
  ])('%s', (_name, State, container) => {
    expect(fromInspect({ ...inspect, State })).toMatchObject(container)
  })

  it("of libpod: image by name, port on every address, and not the image's ports that its list leaves out (4.3)", () => {
    const ports = { '80/tcp': [{ HostIp: '', HostPort: '8088' }], '443/tcp': null }
    const raw = {
      ...inspect,
      Name: 'web',
      Image: imageId,
      ImageName: 'lab.internal/web:1.0',
      Config: { Image: '' },
      NetworkSettings: { Ports: ports },
    }
    expect(fromInspect(raw)).toMatchObject({
      name: 'web',
      image: 'lab.internal/web:1.0',
      imageId: `sha256:${imageId}`,
      ports: [published('0.0.0.0')],
    })
  })

  it("writes the command as Docker's list does", () => {
    const Args = ['-c', "trap 'exit 0' TERM; sleep 1"]
    expect(fromInspect({ ...inspect, Path: '/bin/sh', Args }).command).toBe(
      "/bin/sh -c 'trap 'exit 0' TERM; sleep 1'",
    )
    expect(fromLibpodList({ ...libpod, Command: ['/bin/sh', ...Args] }).command).toBe(
      "/bin/sh -c 'trap 'exit 0' TERM; sleep 1'",
    )
  })
})

describe('stack and service', () => {
  it.each([
    [{ 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'api' }, 'shop', 'api'],
    [{ 'io.podman.compose.project': 'shop', 'io.podman.compose.service': 'db' }, 'shop', 'db'],
    [{ 'com.docker.compose.project': 'shop', 'io.podman.compose.project': 'other' }, 'shop', null],
    [
      { 'com.docker.stack.namespace': 'prod', 'com.docker.swarm.service.name': 'prod_api' },
      'prod',
      'prod_api',
    ],
    [{ 'com.docker.compose.project': '' }, null, null],
    [{}, null, null],
  ])('%j', (labels, stack, service) => {
    expect(fromDockerList({ ...docker, Labels: labels as Record<string, string> })).toMatchObject({
      stack,
      service,
    })
    expect(fromLibpodList({ ...libpod, Labels: labels as Record<string, string> })).toMatchObject({
      stack,
      service,
    })
  })
})
