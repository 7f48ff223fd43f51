/** Bodies of `POST /containers/create` by which a container gets power over its host, and the field that is at fault. */
export const evilBodies: readonly (readonly [field: string, body: string])[] = [
  ...host({
    Privileged: true,
    Binds: ['/:/host'],
    'Binds ': ['data:/d'],
    CapAdd: ['SYS_ADMIN'],
    Capabilities: ['all'],
    Devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' }],
    DeviceCgroupRules: ['a *:* rwm'],
    DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }],
    VolumesFrom: ['other'],
    Sysctls: { 'kernel.core_pattern': '|/evil' },
    PidMode: 'host',
    IpcMode: 'host',
    UTSMode: 'host',
    UsernsMode: 'host',
    CgroupnsMode: 'host',
    NetworkMode: 'host',
    Cgroup: 'container:x',
    Runtime: 'evil',
    CgroupParent: '/',
    MaskedPaths: [],
    ReadonlyPaths: [],
    OomScoreAdj: -1000,
    OomKillDisable: true,
    GroupAdd: ['keep-groups'],
    Links: ['db:db'],
    StorageOpt: { size: '1T' },
    Annotations: { 'run.oci.keep_original_groups': '1' },
    VolumeDriver: 'evil',
    LxcConf: [{ Key: 'a', Value: 'b' }],
  }),
  ...[
    '/proc/self/fd/8',
    '//proc/self/fd/8',
    '/./proc/self/fd/8',
    '/app/../proc/self/fd/8',
    '/proc',
    '/proc/thread-self/fd/8/../..',
    '/dev/fd/8',
    '/dev//./fd/8',
    '/sys',
    'proc/self/fd/8',
  ].map((folder) => ['WorkingDir', JSON.stringify({ Image: 'a', WorkingDir: folder })] as const),
  ['HostConfig.Binds.0', '{"Image":"a","HostConfig":{"Binds":["/var/run/docker.sock:/s"]}}'],
  ['HostConfig.Binds.0', '{"Image":"a","HostConfig":{"Binds":["./a:/s"]}}'],
  ['HostConfig.Binds.0', '{"Image":"a","HostConfig":{"Binds":["data:/s:rshared"]}}'],
  ['HostConfig.Binds.0', '{"Image":"a","HostConfig":{"Binds":["data:/proc"]}}'],
  ['HostConfig.Binds.0', '{"Image":"a","HostConfig":{"Binds":["data:/s:O"]}}'],
  [
    'HostConfig.Mounts.0.Type',
    '{"Image":"a","HostConfig":{"Mounts":[{"Type":"bind","Source":"/","Target":"/h"}]}}',
  ],
  [
    'HostConfig.Mounts.0.Type',
    '{"Image":"a","HostConfig":{"Mounts":[{"Type":"Bind","Source":"/","Target":"/h"}]}}',
  ],
  ['HostConfig.Mounts.0.Type', '{"Image":"a","HostConfig":{"Mounts":[{"Source":"data","Target":"/h"}]}}'],
  [
    'HostConfig.Mounts.0.Source',
    '{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Source":"/etc","Target":"/h"}]}}',
  ],
  [
    'HostConfig.Mounts.0.Target',
    '{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Target":"/h,type=bind,source=/etc"}]}}',
  ],
  [
    'HostConfig.Mounts.0.BindOptions',
    '{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Target":"/h","BindOptions":{"Propagation":"rshared"}}]}}',
  ],
  [
    'HostConfig.Mounts.0.VolumeOptions.DriverConfig',
    '{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Target":"/h","VolumeOptions":{"DriverConfig":{"Name":"local","Options":{"o":"bind","device":"/etc","type":"none"}}}}]}}',
  ],
  [
    'HostConfig.Mounts.0.VolumeOptions.Subpath',
    '{"Image":"a","HostConfig":{"Mounts":[{"Type":"volume","Target":"/h","VolumeOptions":{"Subpath":"../.."}}]}}',
  ],
  ['HostConfig.Tmpfs./x', '{"Image":"a","HostConfig":{"Tmpfs":{"/x":"bind"}}}'],
  ['HostConfig.Tmpfs./sys/fs', '{"Image":"a","HostConfig":{"Tmpfs":{"/sys/fs":""}}}'],
  ['HostConfig.SecurityOpt.0', '{"Image":"a","HostConfig":{"SecurityOpt":["seccomp=unconfined"]}}'],
  [
    'HostConfig.SecurityOpt.1',
    '{"Image":"a","HostConfig":{"SecurityOpt":["no-new-privileges","label=disable"]}}',
  ],
  ['HostConfig.SecurityOpt.0', '{"Image":"a","HostConfig":{"SecurityOpt":["systempaths=unconfined"]}}'],
  ['HostConfig.SecurityOpt.0', '{"Image":"a","HostConfig":{"SecurityOpt":["no-new-privileges:false"]}}'],
  ['HostConfig.NetworkMode', '{"Image":"a","HostConfig":{"NetworkMode":"container:x"}}'],
  ['HostConfig.NetworkMode', '{"Image":"a","HostConfig":{"NetworkMode":"HOST"}}'],
  ['HostConfig.NetworkMode', '{"Image":"a","HostConfig":{"NetworkMode":"ns:/proc/1/ns/net"}}'],
  [
    'HostConfig.NetworkMode',
    '{"Image":"a","HostConfig":{"NetworkMode":"slirp4netns:allow_host_loopback=true"}}',
  ],
  ['HostConfig.NetworkMode', '{"Image":"a","HostConfig":{"NetworkMode":"pasta"}}'],
  [
    'NetworkingConfig.EndpointsConfig.host',
    '{"Image":"a","NetworkingConfig":{"EndpointsConfig":{"host":{}}}}',
  ],
  [
    'NetworkingConfig.EndpointsConfig.b.DriverOpts',
    '{"Image":"a","NetworkingConfig":{"EndpointsConfig":{"b":{"DriverOpts":{"x":"y"}}}}}',
  ],
  [
    'HostConfig.PortBindings.80/tcp.0.HostPort',
    '{"Image":"a","HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"22"}]}}}',
  ],
  [
    'HostConfig.PortBindings.80/tcp.0.HostPort',
    '{"Image":"a","HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"80-9000"}]}}}',
  ],
  [
    'HostConfig.PortBindings.80/tcp.0.HostPort',
    '{"Image":"a","HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"0080"}]}}}',
  ],
  ['HostConfig.LogConfig.Type', '{"Image":"a","HostConfig":{"LogConfig":{"Type":"syslog"}}}'],
  [
    'HostConfig.LogConfig.Config.path',
    '{"Image":"a","HostConfig":{"LogConfig":{"Type":"json-file","Config":{"path":"/etc/cron.d/x"}}}}',
  ],
  [
    'HostConfig.Ulimits.0.Name',
    '{"Image":"a","HostConfig":{"Ulimits":[{"Name":"rtprio","Soft":99,"Hard":99}]}}',
  ],
  ['HostConfig.Memory', '{"Image":"a","HostConfig":{"Memory":1e999}}'],
  ['HostConfig.Memory', '{"Image":"a","HostConfig":{"Memory":"1"}}'],
  // Miscased, and with letters that engines take for others.
  ['hostconfig', '{"Image":"a","hostconfig":{"Privileged":true}}'],
  ['Ho\u017ftConfig', '{"Image":"a","Ho\u017ftConfig":{"Privileged":true}}'],
  ['Ho\u017ftConfig', '{"Image":"a","Ho\\u017ftConfig":{"Privileged":true}}'],
  ['HostConfig.privileged', '{"Image":"a","HostConfig":{"privileged":true}}'],
  ['HostConfig.PRIVILEGED', '{"Image":"a","HostConfig":{"PRIVILEGED":true}}'],
  ['HostConfig.Networ\u212aMode', '{"Image":"a","HostConfig":{"Networ\u212aMode":"host"}}'],
  ['HostConfig.binds', '{"Image":"a","HostConfig":{"Binds":[],"binds":["/:/h"]}}'],
  // Twice.
  ['HostConfig', '{"Image":"a","HostConfig":{"Privileged":true},"HostConfig":{}}'],
  ['HostConfig', '{"Image":"a","HostConfig":{},"H\\u006fstConfig":{"Privileged":true}}'],
  ['Privileged', '{"Image":"a","HostConfig":{"Privileged":true,"Privileged":false}}'],
  // Elsewhere than it belongs.
  ['Privileged', '{"Image":"a","Privileged":true}'],
  ['HostConfig.HostConfig', '{"Image":"a","HostConfig":{"HostConfig":{"Privileged":true}}}'],
  ['HostConfig', '{"Image":"a","HostConfig":[{"Privileged":true}]}'],
  ['HostConfig', '{"Image":"a","HostConfig":"{}"}'],
  ['__proto__', '{"Image":"a","__proto__":{"HostConfig":{"Privileged":true}}}'],
  ['HostConfig.__proto__', '{"Image":"a","HostConfig":{"__proto__":{"Privileged":true}}}'],
  ['constructor', '{"Image":"a","constructor":{}}'],
  // What Podman makes of Docker's body.
  ['Volumes./etc:/host', '{"Image":"a","Volumes":{"/etc:/host":{}}}'],
  ['Env.0', '{"Image":"a","Env":["*"]}'],
  ['Env.0', '{"Image":"a","Env":["AWS_SECRET_ACCESS_KEY"]}'],
  ['Labels.team=a', '{"Image":"a","Labels":{"team=a":"b"}}'],
  ['Labels.io.containers.autoupdate', '{"Image":"a","Labels":{"io.containers.autoupdate":"registry"}}'],
  ['Labels.team', '{"Image":"a","Labels":{"team":"ops"}}'],
  ['Image', '{"Image":"-v/:/host"}'],
  ['Image', '{"HostConfig":{}}'],
]

function host(fields: Record<string, unknown>): [string, string][] {
  return Object.entries(fields).map(([name, value]) => {
    const at = typeof value === 'object' && name === 'Binds' ? `HostConfig.${name}.0` : `HostConfig.${name}`
    return [at, JSON.stringify({ Image: 'a', HostConfig: { [name]: value } })]
  })
}
