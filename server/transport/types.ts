import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'

/** One SSH server on the way: account, key, and the host key that a person accepted. */
export interface SshHop {
  host: string
  port: number
  username: string
  auth: { kind: 'key'; privateKey: string; passphrase?: string } | { kind: 'agent'; socketPath: string }
  /** 'SHA256:...' without padding. Undefined refuses with ssh_host_key_unknown, carrying the fingerprint met. */
  hostKey?: string
}

/** How to reach an engine, with secrets in the clear. Lives in memory only. */
export type TransportSpec =
  | { kind: 'unix'; socketPath: string }
  | { kind: 'tcp'; host: string; port: number }
  | {
      kind: 'tls'
      host: string
      port: number
      ca?: string
      cert?: string
      key?: string
      passphrase?: string
      servername?: string
    }
  | ({ kind: 'ssh'; socketPath?: string; jump?: SshHop } & SshHop)

/**
 * For whom a connection is: `pings` tell whether the host is there, `own` is the dashboard's, `persons` what people and
 * their programs hold open. None waits behind the others.
 */
export type Lane = 'pings' | 'own' | 'persons'

/** Bytes to one engine. Knows nothing of Docker. Errors are AppErrors with the codes of lib/error-codes.ts (hosts). */
export interface Transport {
  /** An undici Pool for each; their origin is `origin`. */
  readonly dispatchers: Readonly<Record<Lane, Dispatcher>>
  readonly origin: string
  /** A connection of its own, for bodies that go past undici; its owner closes it. Throws AppError. */
  dial(): Promise<Duplex>
  /**
   * Turns what undici, OpenSSL, ssh2 or the kernel threw into an AppError with code, remedy and detail.
   * An AppError passes through.
   */
  explain(error: unknown): Error
  /** Ends every stream and connection. A closed transport does not come back. */
  close(): Promise<void>
}
