import { readFileSync } from 'node:fs'
import { vi } from 'vitest'
import type { LabEngine, LabSshHop } from '#e2e/lab/state.ts'
import type { EngineClient } from '../engine/types.ts'
import type { SshHop, TransportSpec } from '../transport/types.ts'

const file = (path: string) => readFileSync(path, 'utf8')

/** The account of an sshd of the lab, with its key in the clear and its host key pinned. */
export function labHop(hop: LabSshHop): SshHop {
  const { host, port, username, keyPath, hostKeyFingerprint } = hop
  return {
    host,
    port,
    username,
    auth: { kind: 'key', privateKey: file(keyPath) },
    hostKey: hostKeyFingerprint,
  }
}

/** How the dashboard would reach an engine of the lab. An SSH host's socket is left to be found. */
export function labSpec({ transport }: LabEngine): TransportSpec {
  if (transport.kind === 'unix' || transport.kind === 'tcp') return transport
  if (transport.kind === 'ssh') return { kind: 'ssh', ...labHop(transport) }
  const { host, port, caPath, certPath, keyPath } = transport
  return { kind: 'tls', host, port, ca: file(caPath), cert: file(certPath), key: file(keyPath) }
}

/** Asked again where an engine that is busy with other tests does not answer in time; throws after a minute. */
export async function connectPatiently(client: EngineClient): Promise<void> {
  await vi.waitFor(() => client.connect(), { timeout: 60_000, interval: 500 })
}
