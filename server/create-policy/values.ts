import { isIP } from 'node:net'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { list, map, object, oneOf, type Read, refuse, text, whole } from './read.ts'

/** Values that Docker's body and libpod's have in common. */

/** No key of a file system's, no separator of Podman, which makes command-line options of Docker's body. */
export const volumeName = /^[a-zA-Z0-9][\w.-]{0,254}$/
/** No `container:`, no `ns:`, no options behind a colon. That it is there, and no host's, is asked of the engine. */
const networkName = /^[a-zA-Z0-9][\w.-]{0,254}$/
const ownNetworks = ['default', 'bridge', 'none']
/** Names that engines read as no network of theirs but the host's, a process's or a program's. */
const noNetworks = ['host', 'private', 'pod', 'pasta', 'slirp4netns', 'ns', 'path', 'container', 'nat']

export const isImage = (value: string) =>
  parseImageRef(value) !== null || /^(?:sha256:)?[0-9a-f]{12,64}$/.test(value)

/** Podman takes `NAME` and `NAM*` from its own environment. */
export const isAssignment = (value: string) => /^[^=*\s][^=]*=/.test(value)

/** Inside of a container. Podman splits what it makes of a mount at commas and colons. */
export function isPath(value: string): boolean {
  return (
    value.startsWith('/') &&
    value.length <= 4096 &&
    !/[:,"'\\\p{Cc}]/u.test(value) &&
    !value.split('/').some((part) => part === '.' || part === '..') &&
    !/^\/+(?:proc|sys)?(?:\/|$)/.test(value)
  )
}
export const path = text(isPath, 'An absolute path, not below /proc or /sys, without : , and ..')
/**
 * Where processes may begin: not through a descriptor, by which runc before 1.1.12 leaves them in a folder of the host
 * (CVE-2024-21626). `/dev/fd` leads to them as well.
 */
export function isWorkingDirectory(value: string): boolean {
  const parts = value.split('/').filter((part) => part !== '' && part !== '.')
  return (
    value.startsWith('/') &&
    !/\p{Cc}/u.test(value) &&
    !parts.includes('..') &&
    !/^(?:proc|sys)$/.test(parts[0] ?? '') &&
    !/^dev\/(?:fd|std)/.test(parts.join('/'))
  )
}
export const folder = text(
  (value) => value === '' || isWorkingDirectory(value),
  'An absolute path without .., not below /proc, /sys or /dev/fd',
)

/** Which network, with those that only its creator may use left out. */
export const isNetwork = (value: string) =>
  ownNetworks.includes(value) || (networkName.test(value) && !noNetworks.includes(value.toLowerCase()))
export const isOwnNetwork = (value: string) => ownNetworks.includes(value)

export const user = text(/^[\w.-]*(?::[\w.-]+)?$/)
export const hostName = text(/^[\w.-]{0,253}$/)
export const signal = text(/^(?:SIG)?[A-Z]{2,10}\d{0,2}(?:[+-]\d{1,2})?$|^\d{1,2}$|^$/)
export const address = text((value) => isIP(value) !== 0, 'An IP address')
export const addressOrNone = text((value) => value === '' || isIP(value) !== 0, 'An IP address')
export const domain = text(/^[\w.-]{0,253}$/)
export const dnsOption = text(/^[\w.:-]{1,100}$/)
export const extraHost = text((value) => {
  const [, target = ''] = /^[\w.-]{1,253}[:=](.+)$/.exec(value) ?? []
  return target === 'host-gateway' || isIP(target.replace(/^\[(.*)\]$/, '$1')) !== 0
}, 'name:address')
export const capability = text(/^[A-Za-z_]{2,40}$/)
/** Not those that let a process go before others: nice, rtprio, rttime. */
export const isUlimit = (value: string) =>
  /^(?:RLIMIT_)?(?:as|core|cpu|data|fsize|locks|memlock|msgqueue|nofile|nproc|rss|sigpending|stack)$/i.test(
    value,
  )
export const restartName = oneOf('', 'no', 'always', 'unless-stopped', 'on-failure')

export const port = whole(1, 65_535)
/** Below it are the host's own services. */
const lowestHostPort = 1024
export function isHostPort(value: string): boolean {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value)
  if (!match) return value === ''
  const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])]
  return (from === 0 && to === 0) || (from >= lowestHostPort && to <= 65_535 && from <= to)
}
export const hostPort = text(isHostPort, `Ports of the host from ${lowestHostPort}`)
export const hostPortNumber: Read = (value, at) =>
  value === 0 || (typeof value === 'number' && isHostPort(String(value)))
    ? value
    : refuse(at, 'value', `Ports of the host from ${lowestHostPort}`)

/** Logs stay on the host, in a file that the engine chooses: Podman's `path` writes any. */
export const logDriver = oneOf('', 'json-file', 'local', 'k8s-file', 'none')
const logOptions = ['max-size', 'max-file', 'compress', 'mode', 'max-buffer-size', 'labels', 'env', 'tag']
export const logOption = map((name) => logOptions.includes(name), text(/^[^\p{Cc}]{0,200}$/u))

const tmpfsOption =
  /^(?:rw|ro|exec|noexec|suid|nosuid|dev|nodev|size=\d+[kmg%]?|mode=[0-7]{1,4}|uid=\d+|gid=\d+|nr_inodes=\d+[kmg]?|nr_blocks=\d+[kmg]?)$/i
export const isTmpfsOption = (value: string) => tmpfsOption.test(value)
export const tmpfs = map(
  isPath,
  text(
    (value) => value === '' || value.split(',').every(isTmpfsOption),
    'size, mode, uid, gid, ro, noexec, nosuid, nodev',
  ),
)

const nanoseconds = whole(0, 24 * 3600 * 1e9)
/** Docker's, and libpod's as well. */
export const health = object({
  Test: list(text()),
  Interval: nanoseconds,
  Timeout: nanoseconds,
  StartPeriod: nanoseconds,
  StartInterval: nanoseconds,
  Retries: whole(0, 1000),
})

/** Labels that Podman's own programs act on: an update of an image, a unit of systemd. */
const engineLabels = /^(?:io\.podman\.|io\.containers\.|PODMAN_)/i
export function labels(isReserved: (key: string, value: string) => boolean): Read {
  const each = map((name) => /^[^=\p{Cc}]{1,512}$/u.test(name) && !engineLabels.test(name), text())
  return (value, at) => {
    const read = each(value, at) as Record<string, string>
    for (const [key, item] of Object.entries(read))
      if (isReserved(key, item)) refuse(`${at}.${key}`, 'refused', 'This label decides who may do what')
    return read
  }
}
