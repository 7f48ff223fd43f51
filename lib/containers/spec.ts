import type { ContainerSpec } from '../contracts/container-create.ts'

/** A container of which nothing but the image is said. */
export function emptySpec(image = ''): ContainerSpec {
  return {
    image,
    env: [],
    labels: [],
    groups: [],
    tty: false,
    stdin: false,
    init: false,
    autoRemove: false,
    ports: [],
    publishAll: false,
    mounts: [],
    networks: [],
    restart: { policy: 'no' },
    limits: {},
    ulimits: [],
    privileged: false,
    readOnly: false,
    capAdd: [],
    capDrop: [],
    securityOptions: [],
    devices: [],
    dns: [],
    dnsSearch: [],
    extraHosts: [],
    sysctls: [],
  }
}

/** An address to publish a port at, as engines take it: an IPv6 one comes in brackets out of a command line. */
export function withoutBrackets(ip: string): string {
  return ip.replace(/^\[(.*)\]$/, '$1')
}

/** A network mode that shuts every other network out. */
export function standsAlone(network: string): boolean {
  return network === 'host' || network === 'none' || network.startsWith('container:')
}

const units: Record<string, number> = {
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  p: 1024 ** 5,
}

/**
 * Bytes of `512m`, `1.5g`, `.5g`, `64MiB`, `1024`, as go-units' `RAMInBytes` reads them (steps of 1024, a part of a byte
 * is cut off); null when it is none.
 */
export function parseSize(text: string): number | null {
  const match = /^\+?(\d+\.?\d*|\.\d+) ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text.trim())
  if (!match) return null
  const bytes = Math.floor(Number(match[1]) * (units[(match[2] ?? 'b').toLowerCase()] as number))
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** `512m` of 536870912: the largest unit that says it exactly. */
export function printSize(bytes: number): string {
  for (const unit of ['g', 'm', 'k']) {
    const size = units[unit] as number
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  }
  return String(bytes)
}

/** Seconds of a Go duration such as `1m30s`, `.5s` or `500ms`; null when it is none, as a bare number other than 0. */
export function parseDuration(text: string): number | null {
  const written = text.trim().replace(/^\+/, '')
  if (written === '0') return 0
  const seconds: Record<string, number> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    μs: 1e-6,
    ns: 1e-9,
  }
  const parts = [...written.matchAll(/(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== written) return null
  return parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * (seconds[unit as string] as number),
    0,
  )
}

/** `90s`, `1m30s`: as short as it can be said. */
export function printDuration(seconds: number): string {
  const whole = Math.floor(seconds)
  const rest = Math.round((seconds - whole) * 1000)
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'm'],
    [whole % 60, 's'],
    [rest, 'ms'],
  ] as const
  return (
    parts
      .filter(([amount]) => amount > 0)
      .map(([amount, unit]) => `${amount}${unit}`)
      .join('') || '0s'
  )
}
