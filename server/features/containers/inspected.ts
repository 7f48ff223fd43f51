/** The parts of Docker's inspect document that say what a container was made with. */
export interface Inspected {
  Id: string
  Name: string
  Image: string
  State?: { Running?: boolean; Paused?: boolean }
  Config: {
    Image: string
    Hostname?: string
    Domainname?: string
    MacAddress?: string
    ExposedPorts?: Record<string, object> | null
    Volumes?: Record<string, object> | null
    User?: string
    WorkingDir?: string
    Tty?: boolean
    OpenStdin?: boolean
    Env?: string[] | null
    Labels?: Record<string, string> | null
    Cmd?: string[] | null
    Entrypoint?: string[] | null
    StopSignal?: string | number
    StopTimeout?: number
    Healthcheck?: {
      Test?: string[]
      Interval?: number
      Timeout?: number
      StartPeriod?: number
      Retries?: number
    } | null
    [more: string]: unknown
  }
  HostConfig: {
    NetworkMode: string
    AutoRemove?: boolean
    Init?: boolean | null
    PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null
    PublishAllPorts?: boolean
    Binds?: string[] | null
    Mounts?:
      | { Type: string; Source?: string; Target: string; ReadOnly?: boolean; [more: string]: unknown }[]
      | null
    Tmpfs?: Record<string, string> | null
    RestartPolicy?: { Name?: string; MaximumRetryCount?: number }
    Memory?: number
    MemoryReservation?: number
    MemorySwap?: number
    NanoCpus?: number
    CpuQuota?: number
    CpuPeriod?: number
    CpuShares?: number
    CpusetCpus?: string
    PidsLimit?: number | null
    ShmSize?: number
    Ulimits?: { Name: string; Soft: number; Hard: number }[] | null
    LogConfig?: { Type?: string; Config?: Record<string, string> | null }
    Privileged?: boolean
    ReadonlyRootfs?: boolean
    CapAdd?: string[] | null
    CapDrop?: string[] | null
    SecurityOpt?: string[] | null
    GroupAdd?: string[] | null
    Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | null
    DeviceRequests?:
      | {
          Driver?: string
          Count?: number
          DeviceIDs?: string[] | null
          Capabilities?: string[][] | null
          Options?: Record<string, string> | null
        }[]
      | null
    Dns?: string[] | null
    DnsSearch?: string[] | null
    ExtraHosts?: string[] | null
    Sysctls?: Record<string, string> | null
    PidMode?: string
    IpcMode?: string
    UTSMode?: string
    UsernsMode?: string
    [more: string]: unknown
  }
  Mounts?: { Type: string; Name?: string; Source?: string; Destination: string; RW?: boolean }[] | null
  NetworkSettings?: {
    Networks?: Record<
      string,
      | ({
          Aliases?: string[] | null
          IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] | null } | null
        } & Record<string, unknown>)
      | null
    > | null
  }
}

/** What an image gives to the containers that are made from it. */
export type ImageConfig = Partial<Inspected['Config']>

const plainFields = ['Type', 'Source', 'Target', 'ReadOnly']

/** A mount without anything that only `Mounts` can say. */
export function isPlainMount(mount: NonNullable<Inspected['HostConfig']['Mounts']>[number]): boolean {
  const { Type, Source = '' } = mount
  const special = Object.entries(mount).some(
    ([field, value]) =>
      !plainFields.includes(field) &&
      isSomething(value) &&
      // That a missing folder is made is what `Binds` does too.
      !(field === 'BindOptions' && JSON.stringify(value) === '{"CreateMountpoint":true}'),
  )
  // As a bind, `Mounts` refuses a source that is missing, `Binds` makes it: not the same, but for a path that is there.
  return !special && (Type === 'bind' || Type === 'volume' || (Type === 'tmpfs' && Source === ''))
}

export function isPlainGpu(request: NonNullable<Inspected['HostConfig']['DeviceRequests']>[number]): boolean {
  return (
    request.Capabilities?.flat().join() === 'gpu' &&
    !request.DeviceIDs?.length &&
    Object.keys(request.Options ?? {}).length === 0
  )
}

/** Neither absent nor empty, zero or off: engines write all of those for a field that nobody set. */
export function isSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== '' && value !== 0 && value !== false
}
