import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { evilBodies } from '../testing/evil-bodies.ts'
import clients from './client-bodies.json' with { type: 'json' }
import { readDockerCreate, readExec, readExecStart, readUpdate } from './docker.ts'
import { parseOnce } from './exact-json.ts'
import { readLibpodCreate } from './libpod.ts'
import { isOfHost, powerOf } from './target.ts'

const reserved = (key: string) => key === 'team'
const refused = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    if (error instanceof AppError && error.code === 'policy_field') return error.context.params?.field
    throw error
  }
}

describe('a create body', () => {
  it.each(evilBodies)('is refused for %s: %s', (field, body) => {
    expect(refused(() => readDockerCreate(parseOnce(body), reserved))).toBe(field)
  })

  it('of every client that says nothing but what it may goes through, and nothing else of it', () => {
    const readers = { create: readDockerCreate, update: readUpdate, exec: readExec, execStart: readExecStart }
    const read = clients.map(({ client, row, body }) => {
      const reader = readers[row as keyof typeof readers] as (value: unknown, path: string) => unknown
      return { client, row, body: row === 'create' ? readDockerCreate(body) : reader(body, '') }
    })
    expect(read).toMatchSnapshot()
    expect(JSON.stringify(read)).not.toMatch(/Privileged|CapAdd|Devices|VolumesFrom|UsernsMode/)
  })

  it('names what has to be asked of the engine', () => {
    const { volumes, networks } = readDockerCreate({
      Image: 'a',
      HostConfig: {
        Binds: ['data:/d:ro'],
        Mounts: [{ Type: 'volume', Source: 'more', Target: '/m' }],
        NetworkMode: 'b',
      },
      NetworkingConfig: {
        EndpointsConfig: { b: null, c: { IPAMConfig: { IPv4Address: '10.0.0.2' } }, default: {} },
      },
    })
    expect(volumes.map(({ name }) => name)).toEqual(['data', 'more'])
    expect(networks.map(({ name }) => name)).toEqual(['b', 'b', 'c'])
  })

  it('keeps numbers as they were written', () => {
    const body =
      '{"Image":"a","HostConfig":{"Ulimits":[{"Name":"nofile","Soft":9223372036854775807,"Hard":9223372036854775807}]}}'
    expect(JSON.stringify(readDockerCreate(parseOnce(body)).body)).toBe(body)
  })
})

describe('a libpod body', () => {
  const remote = {
    ...{
      name: 'web',
      image: 'a',
      raw_image_name: 'a',
      command: ['sh'],
      env: { TERM: 'xterm' },
      terminal: true,
    },
    ...{
      stdin: true,
      httpproxy: true,
      systemd: 'true',
      sdnotifyMode: 'container',
      image_volume_mode: 'anonymous',
    },
    ...{
      pidns: {},
      utsns: {},
      ipcns: {},
      userns: {},
      cgroupns: {},
      netns: { nsmode: 'bridge' },
      Networks: { n: null },
    },
    ...{
      idmappings: { HostUIDMapping: true, HostGIDMapping: true, UIDMap: [], GIDMap: [], AutoUserNs: false },
    },
    ...{
      volumes: [{ Name: 'data', Dest: '/d', Options: ['rw'] }],
      portmappings: [{ container_port: 80, host_port: 8080, protocol: 'tcp', range: 1, host_ip: '' }],
    },
    ...{
      init_container_type: '',
      healthLogDestination: 'local',
      healthMaxLogCount: 5,
      healthMaxLogSize: 500,
    },
    ...{
      privileged: false,
      containerCreateCommand: ['podman', 'run'],
      seccomp_policy: 'default',
      umask: '0022',
    },
  }
  it('as podman sends it goes through, without what is the client’s own', () => {
    const { body, volumes, networks } = readLibpodCreate(remote)
    expect(body).not.toHaveProperty('httpproxy')
    expect(body).not.toHaveProperty('containerCreateCommand')
    expect([volumes[0]?.name, networks[0]?.name]).toEqual(['data', 'n'])
  })

  it.each([
    ['privileged', { privileged: true }],
    ['Privileged', { Privileged: true }],
    ['rootfs', { rootfs: '/' }],
    ['overlay_volumes', { overlay_volumes: [{ source: '/etc', destination: '/x' }] }],
    ['image_volumes', { image_volumes: [{ Source: 'x', Destination: '/x' }] }],
    ['mounts.0.type', { mounts: [{ type: 'bind', source: '/', destination: '/h' }] }],
    ['mounts.0.source', { mounts: [{ type: 'tmpfs', source: '/etc', destination: '/h' }] }],
    ['volumes.0.Name', { volumes: [{ Name: '/etc', Dest: '/x' }] }],
    ['volumes.0.Options.0', { volumes: [{ Name: 'data', Dest: '/x', Options: ['idmap'] }] }],
    ['unmask', { unmask: ['ALL'] }],
    ['oci_runtime', { oci_runtime: '/tmp/evil' }],
    ['cap_add', { cap_add: ['ALL'] }],
    ['devices', { devices: [{ path: '/dev/sda' }] }],
    ['device_cgroup_rule', { device_cgroup_rule: [{ allow: true }] }],
    ['selinux_opts', { selinux_opts: ['disable'] }],
    ['seccomp_profile_path', { seccomp_profile_path: 'unconfined' }],
    ['seccomp_policy', { seccomp_policy: 'image' }],
    ['pidns.nsmode', { pidns: { nsmode: 'host' } }],
    ['netns.nsmode', { netns: { nsmode: 'host' } }],
    ['netns.nsmode', { netns: { nsmode: 'path', value: '/proc/1/ns/net' } }],
    ['userns.nsmode', { userns: { nsmode: 'keep-id' } }],
    ['cgroup_parent', { cgroup_parent: '/' }],
    ['cgroups_mode', { cgroups_mode: 'disabled' }],
    ['conmon_pid_file', { conmon_pid_file: '/etc/x' }],
    ['healthLogDestination', { healthLogDestination: '/etc/cron.d' }],
    ['log_configuration.path', { log_configuration: { driver: 'k8s-file', path: '/etc/cron.d/x' } }],
    ['log_configuration.driver', { log_configuration: { driver: 'journald' } }],
    ['base_hosts_file', { base_hosts_file: '/etc/shadow' }],
    ['env_host', { env_host: true }],
    ['secrets', { secrets: [{ Source: 'x' }] }],
    ['annotations', { annotations: { 'run.oci.x': '1' } }],
    ['volumes_from', { volumes_from: ['x'] }],
    ['pod', { pod: 'x' }],
    ['init_path', { init: true, init_path: '/etc/x' }],
    ['portmappings.0.host_port', { portmappings: [{ container_port: 80, host_port: 22 }] }],
    ['chroot_directories', { chroot_directories: ['/'] }],
    ['resource_limits.devices', { resource_limits: { devices: [{ allow: true }] } }],
    ['unified', { unified: { 'memory.max': '1' } }],
  ])('is refused for %s', (field, more) => {
    expect(refused(() => readLibpodCreate({ image: 'a', ...more }))).toBe(field)
  })
})

it.each([
  ['Privileged', readExec, { Cmd: ['sh'], Privileged: true }],
  ['privileged', readExec, { Cmd: ['sh'], privileged: true }],
  ['Env.0', readExec, { Cmd: ['sh'], Env: ['PATH'] }],
  ['Privileged', readExecStart, { Privileged: true }],
  ['Devices', readUpdate, { Devices: [{ PathOnHost: '/dev/sda' }] }],
  ['CgroupParent', readUpdate, { CgroupParent: '/' }],
  ['Privileged', readUpdate, { Privileged: true }],
])('%s is refused in an exec or an update', (field, read, body) => {
  expect(refused(() => read(body, ''))).toBe(field)
})

it.each([
  [{ driver: 'local', options: {} }, false],
  [{ driver: 'local', options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } }, false],
  [{ driver: 'local', options: { type: 'nfs', device: ':/share', o: 'addr=10.0.0.1,rw' } }, false],
  [{ driver: 'local', options: { type: 'cifs', device: '//nas/share', o: 'username=a' } }, false],
  [{ driver: 'local', options: { o: 'bind', device: '/etc', type: 'none' } }, true],
  [{ driver: 'local', options: { o: 'rbind', device: '/etc' } }, true],
  [{ driver: 'local', options: { type: 'nfs', device: '/etc', o: 'bind' } }, true],
  [{ driver: 'local', options: { type: 'nfs', device: ':/etc', o: 'ro, bind' } }, true],
  [{ driver: 'local', options: { type: 'tmpfs', device: '/etc', o: 'bind' } }, true],
  [{ driver: 'local', options: { TYPE: 'none', Device: '/etc', O: 'BIND' } }, true],
  [{ driver: 'local', options: { type: 'ext4', device: '/dev/sda1' } }, true],
  [{ driver: 'local', options: { type: 'overlay', device: 'overlay', o: 'lowerdir=/etc' } }, true],
  [{ driver: 'local', options: { type: 'proc', device: 'proc' } }, true],
  [{ driver: 'evil', options: {} }, true],
])('volume %j is of the host: %s', (volume, expected) => {
  expect(isOfHost(volume as never)).toBe(expected)
})

it.each([
  [
    null,
    {
      HostConfig: {
        NetworkMode: 'bridge',
        CapAdd: null,
        SecurityOpt: ['no-new-privileges'],
        MaskedPaths: ['/proc/x'],
      },
      Mounts: [{ Type: 'volume' }, { Type: 'tmpfs' }],
    },
  ],
  ['HostConfig.Privileged', { HostConfig: { Privileged: true } }],
  ['ROADSTEAD_DATA', { Config: { Env: ['A=b', 'ROADSTEAD_DATA=/data'] }, HostConfig: {} }],
  ['HostConfig.CapAdd', { HostConfig: { CapAdd: ['CAP_SYS_ADMIN'] } }],
  ['HostConfig.PidMode', { HostConfig: { PidMode: 'host' } }],
  ['HostConfig.NetworkMode', { HostConfig: { NetworkMode: 'container:x' } }],
  ['HostConfig.SecurityOpt', { HostConfig: { SecurityOpt: ['seccomp=unconfined'] } }],
  ['HostConfig.MaskedPaths', { HostConfig: { MaskedPaths: [] } }],
  ['HostConfig.Devices', { HostConfig: { Devices: [{ PathOnHost: '/dev/sda' }] } }],
  [
    'Mounts /s',
    { HostConfig: {}, Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Destination: '/s' }] },
  ],
])('%s is the power of a container', (field, document) => {
  expect(powerOf(document, 'docker')).toBe(field)
})
