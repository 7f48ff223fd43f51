import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { SshHopInput, TransportInput } from '#lib/contracts/hosts.ts'
import type { Candidate } from './discovery.ts'

const hopSchema = z.object({
  host: z.string(),
  port: z.number(),
  username: z.string(),
  keyPath: z.string(),
  hostKeyFingerprint: z.string(),
})

const stateSchema = z.object({
  engines: z.array(
    z.object({
      name: z.string(),
      transport: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('unix'), socketPath: z.string() }),
        z.object({ kind: z.literal('tcp'), host: z.string(), port: z.number() }),
        z.object({
          kind: z.literal('tls'),
          host: z.string(),
          port: z.number(),
          caPath: z.string(),
          certPath: z.string(),
          keyPath: z.string(),
        }),
        hopSchema.extend({ kind: z.literal('ssh') }),
      ]),
    }),
  ),
})

/** Engines of a lab started with `npm start -- --lab`, offered like those of the machine. Throws when unreadable. */
export function readLabEngines(path: string | null): Candidate[] {
  if (!path) return []
  return stateSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).engines.map(({ name, transport }) => ({
    source: 'lab' as const,
    name,
    transport: fromState(transport),
  }))
}

function fromState(transport: z.output<typeof stateSchema>['engines'][number]['transport']): TransportInput {
  const file = (at: string) => readFileSync(at, 'utf8')
  if (transport.kind === 'unix' || transport.kind === 'tcp') return transport
  if (transport.kind === 'tls') {
    const { host, port, caPath, certPath, keyPath } = transport
    return { kind: 'tls', host, port, ca: file(caPath), cert: file(certPath), key: file(keyPath) }
  }
  const hop: SshHopInput = {
    host: transport.host,
    port: transport.port,
    username: transport.username,
    auth: 'key',
    privateKey: file(transport.keyPath),
    hostKey: transport.hostKeyFingerprint,
  }
  return { kind: 'ssh', ...hop }
}
