import { Fragment } from 'react'
import type { ContainerPort } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'

/** Where a published port is reached from this browser; null when only the host itself reaches it. */
export function portUrl(port: ContainerPort, host: Host | undefined): string | null {
  if (port.hostPort === null || port.protocol !== 'tcp' || !host) return null
  const own = 'host' in host.transport ? host.transport.host : null
  const bound = port.ip && port.ip !== '0.0.0.0' && port.ip !== '::' ? port.ip : null
  // A port bound to the host's loopback can be reached only where the host is this machine.
  if (bound?.startsWith('127.') && own !== null) return null
  const name = bound ?? own ?? (typeof location === 'undefined' ? null : location.hostname)
  if (!name) return null
  const scheme = port.containerPort === 443 || port.containerPort === 8443 ? 'https' : 'http'
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port.hostPort}`
}

/** One entry for a port published over IPv4 and IPv6 alike. */
export function publishedPorts(ports: readonly ContainerPort[]): ContainerPort[] {
  const seen = new Map<string, ContainerPort>()
  for (const port of ports) {
    if (port.hostPort === null) continue
    const key = `${port.hostPort}/${port.containerPort}/${port.protocol}`
    if (!seen.has(key)) seen.set(key, port)
  }
  return [...seen.values()]
}

export function PortLinks({ ports, host }: { ports: readonly ContainerPort[]; host: Host | undefined }) {
  const published = publishedPorts(ports)
  if (published.length === 0) return <span className="text-ink-faint">–</span>
  return published.map((port, index) => {
    const text = `${port.hostPort}→${port.containerPort}${port.protocol === 'tcp' ? '' : `/${port.protocol}`}`
    const url = portUrl(port, host)
    return (
      <Fragment key={text}>
        {index > 0 && ', '}
        {url ? (
          <a href={url} target="_blank" rel="noreferrer noopener" className="text-accent hover:underline">
            {text}
          </a>
        ) : (
          <span>{text}</span>
        )}
      </Fragment>
    )
  })
}
