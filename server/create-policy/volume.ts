import { AppError } from '../errors.ts'
import { map, object, oneOf, type Read, text, whole } from './read.ts'
import { isOfHost } from './target.ts'
import * as values from './values.ts'

/**
 * Mount options that say how a share is read and by whom, and reach nothing of the host. Not among them: `credentials=` (a file
 * of the host's), `x-mount.*`, `X-mount.*`, `loop`, and whatever mount programs of the host would read, which Podman runs as root.
 */
const mountOptions: readonly RegExp[] = [
  /^(?:rw|ro|sync|async|atime|noatime|diratime|nodiratime|relatime|norelatime|exec|noexec|nosuid|nodev)$/,
  /^addr=[\w.:-]{1,253}$/,
  // NFS
  /^(?:hard|soft|softerr|softreval|nosoftreval|intr|nointr|lock|nolock|cto|nocto|ac|noac|acl|noacl|rdirplus|nordirplus|tcp|udp|tcp6|udp6|bg|fg|resvport|noresvport|sharecache|nosharecache|migration|nomigration)$/,
  /^(?:nfs)?vers=[\d.]{1,5}$/,
  /^(?:minorversion|timeo|retrans|retry|rsize|wsize|namlen|port|mountport|acregmin|acregmax|acdirmin|acdirmax|actimeo|nconnect|max_connect)=\d{1,10}$/,
  /^(?:proto|mountproto)=(?:tcp6?|udp6?)$/,
  /^lookupcache=(?:all|none|pos|positive)$/,
  /^local_lock=(?:all|flock|posix|none)$/,
  // Not `krb5`: by its host's own account.
  /^sec=(?:sys|none|ntlm(?:v2|ssp)?i?)$/,
  // CIFS
  /^(?:guest|seal|nobrl|noperm|perm|noserverino|serverino|mfsymlinks|sfu|nounix|mapposix|nosharesock|forceuid|forcegid|noforceuid|noforcegid)$/,
  /^(?:username|user|password|pass|domain|dom|workgroup)=[^,]{0,256}$/,
  /^(?:uid|gid)=\d{1,10}$/,
  /^(?:mode|file_mode|dir_mode)=[0-7]{1,5}$/,
  /^cache=(?:none|strict|loose)$/,
  /^iocharset=[\w-]{1,20}$/,
  // Memory
  /^size=\d{1,20}[kmgKMG%]?$/,
  /^(?:nr_inodes|nr_blocks)=\d{1,20}[kmgKMG]?$/,
]
const share = (options: Record<string, string>) => {
  const device = options.device ?? ''
  switch (options.type) {
    case undefined:
      return device === ''
    case 'tmpfs':
      return device === 'tmpfs'
    case 'nfs':
    case 'nfs4':
      return /^(?:[\w][\w.-]{0,252}|\[[\da-fA-F:.]{2,45}\])?:\/[^\0\n]*$/.test(device)
    case 'cifs':
      return /^\/\/[\w[][\w.:\]-]{0,252}\/[^\0\n]+$/.test(device)
    default:
      return false
  }
}

const driverOption = text(/^[^\0]{0,4096}$/)
const options: Read = (value, path) => {
  const read = map((name) => ['type', 'device', 'o'].includes(name), driverOption)(value, path) as Record<
    string,
    string
  >
  if (!share(read) || isOfHost({ driver: 'local', options: read })) throw reaches(`${path}.device`)
  for (const option of (read.o ?? '').split(',').filter(Boolean))
    if (!mountOptions.some((pattern) => pattern.test(option)))
      throw reaches(`${path}.o ${option.split('=', 1)[0]}`)
  return read
}

const reaches = (field: string) => new AppError('policy_volume', { params: { field: field.slice(0, 200) } })

/** As `read`, with each refusal in words about volumes. */
const ofVolume =
  (read: Read): Read =>
  (value, path) => {
    try {
      return read(value, path)
    } catch (error) {
      if (error instanceof AppError && error.code === 'policy_field')
        throw new AppError('policy_volume', { ...error.context, cause: error })
      throw error
    }
  }

const name = text((given) => given === '' || values.volumeName.test(given))
const driver = oneOf('', 'local')
const labels = map((label) => /^[^=\p{Cc}]{1,512}$/u.test(label), text(/^[^\0]{0,65536}$/))

/** `POST /volumes/create`, of Docker's API: nothing of a volume that is made of it is its host's. Throws policy_volume. */
export const readVolume = ofVolume(
  object({ Name: name, Driver: driver, DriverOpts: options, Labels: labels }, ['ClusterVolumeSpec']),
)

/** As `readVolume`, of libpod's body, which has its owner besides. */
export const readLibpodVolume = ofVolume(
  object(
    {
      Name: name,
      Driver: driver,
      Options: options,
      Label: labels,
      Labels: labels,
      IgnoreIfExists: (value) => value === true,
      UID: whole(0),
      GID: whole(0),
    },
    ['Pinned'],
  ),
)

/** What of the body of `POST /volumes/create` reaches its host; null for nothing. */
export function powerOfVolume(body: object): string | null {
  try {
    readVolume(body, '')
    return null
  } catch (error) {
    if (error instanceof AppError && error.code === 'policy_volume')
      return String(error.context.params?.field ?? '')
    throw error
  }
}
