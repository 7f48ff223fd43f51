import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { evilBodies } from '../testing/evil-bodies.ts'
import clients from './client-bodies.json' with { type: 'json' }
import { readDockerCreate, readExec, readExecStart, readUpdate } from './docker.ts'
import { parseOnce } from './exact-json.ts'
import { readLibpodCreate } from './libpod.ts'
import { isOfHost, powerOf, powerOfFiles, powerOfLibpod } from './target.ts'

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
    name: 'web',
    image: 'a',
    raw_image_name: 'a',
    command: ['sh'],
    env: { TERM: 'xterm' },
    terminal: true,
    stdin: true,
    httpproxy: true,
    systemd: 'true',
    sdnotifyMode: 'container',
    image_volume_mode: 'anonymous',
    pidns: {},
    utsns: {},
    ipcns: {},
    userns: {},
    cgroupns: {},
    netns: { nsmode: 'bridge' },
    Networks: { n: null },
    idmappings: { HostUIDMapping: true, HostGIDMapping: true, UIDMap: [], GIDMap: [], AutoUserNs: false },
    volumes: [{ Name: 'data', Dest: '/d', Options: ['rw'] }],
    portmappings: [{ container_port: 80, host_port: 8080, protocol: 'tcp', range: 1, host_ip: '' }],
    init_container_type: '',
    healthLogDestination: 'local',
    healthMaxLogCount: 5,
    healthMaxLogSize: 500,
    privileged: false,
    containerCreateCommand: ['podman', 'run'],
    seccomp_policy: 'default',
    umask: '0022',
  }
  it('as podman sends it goes through, without what is the client’s own', () => {
    const { body, volumes, networks } = readLibpodCreate(remote)
    expect(body).not.toHaveProperty('httpproxy')
    expect(body).not.toHaveProperty('containerCreateCommand')
    expect([volumes[0]?.name, networks[0]?.name]).toEqual(['data', 'n'])
  })

  it.each([
    ['privileged', { privileged: true }],
    ['work_dir', { work_dir: '/proc/self/fd/8' }],
    ['work_dir', { work_dir: '/dev/fd/8' }],
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

// Go's decoder takes the first document, and leaves what comes after it.
it.each([
  '\ufeff{"Image":"a"}',
  '{"Image":"a"}{"Image":"a","HostConfig":{"Privileged":true}}',
  '{"Image":"a"} x',
  '{"Image":"a"}\0',
  '{"Image":"a",}',
  '{"Image":"a"/**/}',
  "{'Image':'a'}",
])('a body is one document of JSON and nothing else: %j', (body) => {
  expect(() => parseOnce(body)).toThrow(SyntaxError)
})

it.each([
  ['Privileged', readExec, { Cmd: ['sh'], Privileged: true }],
  ['privileged', readExec, { Cmd: ['sh'], privileged: true }],
  ['PRIVILEGED', readExec, { Cmd: ['sh'], PRIVILEGED: true }],
  ['Pr\u0131vileged', readExec, { Cmd: ['sh'], Pr\u0131vileged: true }],
  ['Privileged', readExec, { Cmd: ['sh'], Privileged: 'true' }],
  ['Env.0', readExec, { Cmd: ['sh'], Env: ['PATH'] }],
  ['Privileged', readExecStart, { Privileged: true }],
  ['Devices', readUpdate, { Devices: [{ PathOnHost: '/dev/sda' }] }],
  ['devices', readUpdate, { devices: [{ PathOnHost: '/dev/sda' }] }],
  ['CgroupParent', readUpdate, { CgroupParent: '/' }],
  ['cgroupparent', readUpdate, { cgroupparent: '/' }],
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

const image = `sha256:${'0a'.repeat(32)}`
/** What 20.10 and 28 tell of a container that nothing was said of. */
const hidden = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
]
const hiddenNow = [...hidden, '/proc/interrupts', '/sys/devices/virtual/powercap']
const fixed = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
const old = { flavour: 'docker', version: '20.10.24+dfsg1', cgroupVersion: '1' } as const
const recent = { flavour: 'docker', version: '28.5.2+dfsg4', cgroupVersion: '2' } as const
const podman = { flavour: 'podman', version: '5.4.2', cgroupVersion: '2' } as const
const usual = {
  MaskedPaths: hiddenNow,
  ReadonlyPaths: fixed,
  NetworkMode: 'bridge',
  CapAdd: null,
  Runtime: 'runc',
}

describe.each([old, recent])('the power of a container of $flavour $version', (engine) => {
  it.each([
    [null, { HostConfig: { ...usual, SecurityOpt: ['no-new-privileges'] } }],
    [null, { HostConfig: usual, Mounts: [{ Type: 'volume' }, { Type: 'tmpfs' }] }],
    // As a start of the engine itself reads them.
    [null, { HostConfig: { ...usual, MaskedPaths: null, ReadonlyPaths: null } }],
    [null, { HostConfig: { ...usual, MaskedPaths: [...hiddenNow, '/proc/more'] } }],
    ['HostConfig.Privileged', { HostConfig: { Privileged: true } }],
    ['ROADSTEAD_DATA', { Config: { Env: ['A=b', 'ROADSTEAD_DATA=/data'] }, HostConfig: {} }],
    ['Config.WorkingDir', { Config: { WorkingDir: '/proc/self/fd/8' }, HostConfig: {} }],
    [null, { Config: { WorkingDir: '/srv/app' }, HostConfig: {} }],
    [null, { Config: { WorkingDir: '' }, HostConfig: {} }],
    ['HostConfig.CapAdd', { HostConfig: { CapAdd: ['CAP_SYS_ADMIN'] } }],
    ['HostConfig.PidMode', { HostConfig: { PidMode: 'host' } }],
    ['HostConfig.NetworkMode', { HostConfig: { NetworkMode: 'container:x' } }],
    ['HostConfig.CgroupnsMode', { HostConfig: { CgroupnsMode: 'container:x' } }],
    ['HostConfig.IpcMode', { HostConfig: { IpcMode: 'ns:/proc/1/ns/ipc' } }],
    ['NetworkSettings.Networks.host', { HostConfig: usual, NetworkSettings: { Networks: { host: {} } } }],
    ['HostConfig.SecurityOpt', { HostConfig: { SecurityOpt: ['seccomp=unconfined'] } }],
    ['HostConfig.Runtime', { HostConfig: { ...usual, Runtime: 'nvidia' } }],
    ['AppArmorProfile', { HostConfig: usual, AppArmorProfile: 'unconfined' }],
    ['ProcessLabel', { HostConfig: usual, ProcessLabel: 'system_u:system_r:spc_t:s0' }],
    ['HostConfig.MaskedPaths', { HostConfig: { ...usual, MaskedPaths: [] } }],
    ['HostConfig.MaskedPaths', { HostConfig: { ...usual, MaskedPaths: ['/proc/kcore'] } }],
    ['HostConfig.MaskedPaths', { HostConfig: { ...usual, MaskedPaths: hiddenNow.slice(1) } }],
    ['HostConfig.ReadonlyPaths', { HostConfig: { ...usual, ReadonlyPaths: [] } }],
    ['HostConfig.ReadonlyPaths', { HostConfig: { ...usual, ReadonlyPaths: fixed.slice(0, 4) } }],
    ['HostConfig.Devices', { HostConfig: { Devices: [{ PathOnHost: '/dev/sda' }] } }],
    ['Mounts /s', { HostConfig: {}, Mounts: [{ Type: 'bind', Source: '/srv/a', Destination: '/s' }] }],
    ['Mounts /i', { HostConfig: {}, Mounts: [{ Type: 'image', Source: 'a', Destination: '/i' }] }],
    ['Rootfs', { Image: 'sha256:', HostConfig: usual }],
  ])('is %s', (field, document) => {
    expect(powerOf({ Image: image, ...document }, engine)).toBe(field)
  })
})

it('what an engine hides by its version is missed from that version on', () => {
  const document = { Image: image, HostConfig: { ...usual, MaskedPaths: hidden } }
  expect(powerOf(document, old)).toBeNull()
  expect(powerOf(document, recent)).toBe('HostConfig.MaskedPaths')
})

it('the host’s cgroup namespace is power where containers have one of their own by default', () => {
  const document = { Image: image, HostConfig: { ...usual, CgroupnsMode: 'host' } }
  expect([powerOf(document, old), powerOf(document, recent)]).toEqual([null, 'HostConfig.CgroupnsMode'])
  expect(powerOfLibpod({ HostConfig: { CgroupMode: 'host' } }, podman)).toBe('HostConfig.CgroupMode')
  expect(powerOfLibpod({ HostConfig: { CgroupMode: 'host' } }, { ...podman, cgroupVersion: '1' })).toBeNull()
})

it.each([
  [null, ['run', '-d', '--name', 'a', '--sig-proxy=false', 'image', 'sleep', '60']],
  [null, ['run', '--security-opt', 'no-new-privileges', 'image', 'sleep', '60']],
  [null, ['system', 'service']],
  ['CreateCommand --sysctl', ['run', '--sysctl=net.ipv4.ip_forward=1', 'image', 'sleep', '60']],
  [
    'CreateCommand --device-cgroup-rule',
    ['create', '--device-cgroup-rule', 'c 1:3 rwm', 'image', 'sleep', '60'],
  ],
  ['CreateCommand --security-opt', ['run', '--security-opt', 'unmask=ALL', 'image', 'sleep', '60']],
  ['CreateCommand --ipc', ['run', '--ipc=host', 'image', 'sleep', '60']],
])('%s is told by the command that Podman made a container by', (field, command) => {
  const Config = { CreateCommand: ['podman', ...command], Cmd: ['sleep', '60'] }
  expect(powerOfLibpod({ Config }, podman)).toBe(field)
})

it('an option of the container’s own command is none of Podman’s', () => {
  const Cmd = ['tool', '--sysctl', 'a']
  expect(
    powerOfLibpod({ Config: { CreateCommand: ['podman', 'run', 'image', ...Cmd], Cmd } }, podman),
  ).toBeNull()
})

it.each([
  [null, { Type: 'volume', Source: '/var/lib/docker/volumes/a/_data', Destination: '/d' }],
  [null, { Type: 'bind', Source: '/srv/app/config', Destination: '/d' }],
  [null, { Type: 'bind', Source: '/etc/localtime', Destination: '/d' }],
  ['Mounts /d', { Type: 'bind', Source: '/', Destination: '/d' }],
  ['Mounts /d', { Type: 'bind', Source: '/etc/', Destination: '/d' }],
  ['Mounts /d', { Type: 'bind', Source: '/var/lib/docker', Destination: '/d' }],
])('%s is the power of who reads the files of a container with %j', (field, mount) => {
  expect(powerOfFiles({ Image: image, Mounts: [mount] })).toBe(field)
})

it.each(['/proc/self/fd/8', '/app/../../proc/1/root', '/dev/fd/9', 'relative'])(
  'no exec begins in %s',
  (WorkingDir) => {
    expect(refused(() => readExec({ Cmd: ['sh'], WorkingDir }, ''))).toBe('WorkingDir')
  },
)
it.each(['/', '/srv/my app:1', '/processes/x', '/dev/shm', ''])('an exec may begin in %j', (WorkingDir) => {
  expect(readExec({ Cmd: ['sh'], WorkingDir }, '')).toMatchObject({ WorkingDir })
})
