import type { Wanted } from './docker.ts'
import {
  flag,
  ignored,
  limit,
  list,
  map,
  object,
  oneOf,
  type Read,
  refuse,
  text,
  whole,
  words,
} from './read.ts'
import * as values from './values.ts'

/** A namespace of the container's own, or the engine's default for it. */
const ownNamespace = object({ nsmode: oneOf('', 'private', 'default'), value: oneOf('') })
const netNamespace = object({ nsmode: oneOf('', 'default', 'bridge', 'none', 'private'), value: oneOf('') })

const memory = object(
  { limit: whole(-1), reservation: whole(-1), swap: whole(-1), swappiness: whole(-1, 100) },
  ['kernel', 'kernelTCP', 'disableOOMKiller', 'useHierarchy', 'checkBeforeUpdate'],
)
const cpu = object(
  {
    shares: whole(0, 262_144),
    quota: whole(-1),
    period: whole(0, 1_000_000),
    cpus: text(/^[\d,-]{0,256}$/),
    mems: text(/^[\d,-]{0,256}$/),
  },
  ['burst', 'realtimeRuntime', 'realtimePeriod', 'idle'],
)
const resources = object(
  { memory, cpu, pids: object({ limit: whole(-1) }), blockIO: object({ weight: whole(0, 1000) }) },
  ['devices', 'hugepageLimits', 'network', 'rdma', 'unified'],
)

/** `POST /libpod/containers/{id}/update`: limits; the restart policy is in the query. */
export const readLibpodUpdate = object({ memory, cpu, pids: object({ limit: whole(-1) }) }, [
  'devices',
  'blockIO',
  'hugepageLimits',
  'network',
  'rdma',
  'unified',
  'r_limits',
  'Env',
  'UnsetEnv',
  'BlkIOWeightDevice',
  'DeviceReadBPs',
  'DeviceWriteBPs',
  'DeviceReadIOPs',
  'DeviceWriteIOPs',
])

const volume = object(
  {
    Name: text((name) => name === '' || values.volumeName.test(name), 'Only volumes, by name'),
    Dest: values.path,
    Options: list(oneOf('rw', 'ro', 'z', 'Z', 'nocopy', 'nosuid', 'nodev', 'noexec')),
    IsAnonymous: flag,
  },
  ['SubPath'],
)
const tmpfsMount = object(
  {
    destination: values.path,
    type: oneOf('tmpfs'),
    source: oneOf('', 'tmpfs'),
    options: list(
      text((option) => values.isTmpfsOption(option) || /^(?:rprivate|(?:no)?tmpcopyup)$/.test(option)),
    ),
  },
  ['uidMappings', 'gidMappings'],
)
const network: Read = (value, path) =>
  value === null
    ? {}
    : object({ aliases: list(values.hostName), static_ips: list(values.address) }, [
        'static_mac',
        'interface_name',
        'options',
      ])(value, path)

/** All of podman's SpecGenerator that is not allowed (pkg/specgen, 4.3 to 6.0), so that it may be there and say nothing. */
const refused = [
  'pod',
  'env_host',
  'annotations',
  'conmon_pid_file',
  'oci_runtime',
  'hostusers',
  'sysctl',
  'removeImage',
  'timezone',
  'dependencyContainers',
  'secret_env',
  'init_container_type',
  'personality',
  'envmerge',
  'unsetenv',
  'unsetenvall',
  'passwd_entry',
  'group_entry',
  'rootfs',
  'rootfs_overlay',
  'rootfs_mapping',
  'volumes_from',
  'init_path',
  'overlay_volumes',
  'image_volumes',
  'artifact_volumes',
  'devices',
  'gpus',
  'device_cgroup_rule',
  'devices_from',
  'host_device_list',
  'shm_size_systemd',
  'storage_opts',
  'rootfs_propagation',
  'secrets',
  'chroot_directories',
  'privileged',
  'groups',
  'cap_add',
  'selinux_opts',
  'apparmor_profile',
  'seccomp_profile_path',
  'label_nested',
  'procfs_opts',
  'mask',
  'unmask',
  'cgroup_parent',
  'use_image_resolve_conf',
  'use_image_hostname',
  'use_image_hosts',
  'base_hosts_file',
  'network_options',
  'cni_networks',
  'intelRdt',
  'oom_score_adj',
  'weightDevice',
  'throttleReadBpsDevice',
  'throttleWriteBpsDevice',
  'throttleReadIOPSDevice',
  'throttleWriteIOPSDevice',
  'unified',
  'timeout',
  'startupHealthConfig',
  'health_check_on_failure_action',
  'static_mac',
  'static_ip',
  'static_ipv6',
  'aliases',
]

/** libpod's body of `POST /libpod/containers/create`, as `readDockerCreate`. Throws policy_field. */
export function readLibpodCreate(
  value: unknown,
  isReserved: (key: string, value: string) => boolean = () => false,
): Wanted {
  const networks = map(values.isNetwork, network)
  const body = object(
    {
      image: text(values.isImage, 'The name of an image'),
      name: values.hostName,
      // `httpproxy` hands the host's own proxy on, with its password; it is podman's default.
      raw_image_name: ignored,
      containerCreateCommand: ignored,
      httpproxy: ignored,
      image_os: values.hostName,
      image_arch: values.hostName,
      image_variant: values.hostName,
      command: words,
      entrypoint: words,
      env: map((name) => !/[=*\s]/.test(name) && name !== '', text()),
      labels: values.labels(isReserved),
      user: values.user,
      work_dir: values.folder,
      hostname: values.hostName,
      create_working_dir: flag,
      // What 5 says of each that goes with its end: its files need not outlive a crash of the host.
      volatile: flag,
      umask: text(/^[0-7]{0,4}$/),
      manage_password: flag,
      terminal: flag,
      stdin: flag,
      remove: flag,
      init: flag,
      read_only_filesystem: flag,
      read_write_tmpfs: flag,
      healthconfig: values.health,
      healthLogDestination: oneOf('', 'local'),
      healthMaxLogCount: whole(0, 1000),
      healthMaxLogSize: whole(0, 1_000_000),
      stop_signal: whole(1, 64),
      stop_timeout: whole(0, 86_400),
      restart_policy: values.restartName,
      restart_tries: whole(0, 1_000_000),
      log_configuration: object({ driver: values.logDriver, size: whole(-1), options: values.logOption }, [
        'path',
        'labels',
        'logPromotedLabels',
      ]),
      systemd: oneOf('', 'true', 'false'),
      sdnotifyMode: oneOf('', 'container', 'ignore'),
      seccomp_policy: oneOf('', 'default'),
      image_volume_mode: oneOf('', 'anonymous', 'ignore', 'tmpfs'),
      cgroups_mode: oneOf('', 'enabled', 'default'),
      no_new_privileges: flag,
      cap_drop: list(values.capability),
      pidns: ownNamespace,
      utsns: ownNamespace,
      ipcns: ownNamespace,
      cgroupns: ownNamespace,
      userns: object({ nsmode: oneOf('', 'default'), value: oneOf('') }),
      netns: netNamespace,
      idmappings: (mapping, path) => {
        const own = object({ HostUIDMapping: flag, HostGIDMapping: flag }, [
          'UIDMap',
          'GIDMap',
          'AutoUserNs',
          'AutoUserNsOpts',
        ])
        own(mapping, path)
        return undefined
      },
      volumes: list(volume),
      mounts: list(tmpfsMount),
      shm_size: whole(0),
      portmappings: list(
        object({
          host_ip: values.addressOrNone,
          container_port: values.port,
          host_port: values.hostPortNumber,
          range: whole(0, 1000),
          protocol: text(/^(?:(?:tcp|udp|sctp),?){0,3}$/),
        }),
      ),
      publish_image_ports: flag,
      expose: map((key) => /^\d{1,5}$/.test(key), text(/^(?:(?:tcp|udp|sctp),?){0,3}$/)),
      Networks: networks,
      networks,
      networkOrder: list(text(values.isNetwork)),
      dns_server: list(values.address),
      dns_search: list(values.domain),
      dns_option: list(values.dnsOption),
      hostadd: list(values.extraHost),
      resource_limits: resources,
      r_limits: list(object({ type: text(values.isUlimit), soft: limit, hard: limit })),
    },
    refused,
  )(value, '') as Record<string, unknown> | undefined
  const image = body?.image
  if (!body || typeof image !== 'string') return refuse('image', 'value', 'The name of an image')
  const mounted = (body.volumes ?? []) as { Name?: string }[]
  return {
    body,
    image,
    labels: (body.labels ?? {}) as Record<string, string>,
    volumes: mounted.flatMap(({ Name }, index) => (Name ? [{ name: Name, field: `volumes.${index}` }] : [])),
    networks: (['Networks', 'networks'] as const).flatMap((field) =>
      Object.keys(body[field] ?? {})
        .map((name) => ({ name, field: `${field}.${name}` }))
        .filter(({ name }) => !values.isOwnNetwork(name)),
    ),
  }
}
