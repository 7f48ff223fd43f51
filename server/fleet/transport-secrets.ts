import type { SshHopInput, TransportInput, TransportView } from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import { sentence } from '../messages.ts'
import { certificateExpiry, checkSshKey, checkTlsMaterial } from '../transport/pem.ts'
import type { SshHop, TransportSpec } from '../transport/types.ts'

/** What is sealed in the database, by field. */
export interface TransportSecrets {
  key?: string
  privateKey?: string
  passphrase?: string
  jumpPrivateKey?: string
  jumpPassphrase?: string
}

/** A transport without its secrets: what is stored in the clear. */
export type PublicTransport = TransportInput

/** Takes the secrets out of what a form sent. */
export function splitSecrets(input: TransportInput): { open: PublicTransport; secrets: TransportSecrets } {
  if (input.kind === 'tls') {
    const { key, passphrase, ...open } = input
    return { open, secrets: { key, passphrase } }
  }
  if (input.kind === 'ssh') {
    const { privateKey, passphrase, jump, ...open } = input
    if (!jump) return { open, secrets: { privateKey, passphrase } }
    const { privateKey: jumpPrivateKey, passphrase: jumpPassphrase, ...openJump } = jump
    return {
      open: { ...open, jump: openJump },
      secrets: { privateKey, passphrase, jumpPrivateKey, jumpPassphrase },
    }
  }
  return { open: input, secrets: {} }
}

export function joinSecrets(open: PublicTransport, secrets: TransportSecrets): TransportInput {
  if (open.kind === 'tls') return { ...open, key: secrets.key, passphrase: secrets.passphrase }
  if (open.kind === 'ssh') {
    const jump = open.jump && {
      ...open.jump,
      privateKey: secrets.jumpPrivateKey,
      passphrase: secrets.jumpPassphrase,
    }
    return { ...open, privateKey: secrets.privateKey, passphrase: secrets.passphrase, jump }
  }
  return open
}

/**
 * Fills the secrets that an edit left out from the stored ones, but only for the same machine, account and way there:
 * else whoever may edit a host could have its key used at an address of their own. What is no secret is as sent.
 */
export function keepSecrets(next: TransportInput, stored: TransportInput): TransportInput {
  if (next.kind === 'tls' && stored.kind === 'tls') {
    if (next.key || !next.cert || !sameEnd(next, stored)) return next
    return { ...next, key: stored.key, passphrase: next.passphrase ?? stored.passphrase }
  }
  if (next.kind === 'ssh' && stored.kind === 'ssh') {
    const sameJump = next.jump && stored.jump ? sameEnd(next.jump, stored.jump) : next.jump === stored.jump
    const jump = next.jump && stored.jump ? keepHop(next.jump, stored.jump) : next.jump
    return { ...next, ...(sameJump ? keepHop(next, stored) : {}), jump }
  }
  return next
}

function keepHop<H extends SshHopInput>(next: H, stored: SshHopInput): H {
  if (next.privateKey || next.auth !== 'key' || !sameEnd(next, stored) || next.username !== stored.username)
    return next
  return { ...next, privateKey: stored.privateKey, passphrase: next.passphrase ?? stored.passphrase }
}

const sameEnd = (a: { host: string; port: number }, b: { host: string; port: number }) =>
  a.host === b.host && a.port === b.port

/**
 * Refuses material that could never work, naming the field: secret_missing, pem_invalid, key_passphrase_missing,
 * key_passphrase_wrong, key_mismatch. Host keys are the connection test's business.
 */
export function checkTransport(input: TransportInput): void {
  if (input.kind === 'tls') {
    if (input.cert && !input.key) throw missingKey('key')
    checkTlsMaterial(input)
  }
  if (input.kind !== 'ssh') return
  for (const [hop, field] of [
    [input, 'privateKey'],
    [input.jump, 'jump.privateKey'],
  ] as const) {
    if (hop?.auth !== 'key') continue
    if (!hop.privateKey) throw missingKey('privateKey', field)
    checkSshKey(hop.privateKey, hop.passphrase || undefined, 'privateKey')
  }
}

const missingKey = (field: string, path = field) =>
  new AppError('secret_missing', {
    params: { field },
    fields: [{ path: `transport.${path}`, message: sentence('secret_missing') }],
  })

/** What the transport layer takes. Throws ssh_agent_missing when an agent is asked for and none is there. */
export function toSpec(input: TransportInput): TransportSpec {
  if (input.kind !== 'ssh') return input
  const { jump, socketPath } = input
  return { kind: 'ssh', ...toHop(input), socketPath, jump: jump && toHop(jump) }
}

function toHop(hop: SshHopInput): SshHop {
  const { host, port, username, hostKey } = hop
  if (hop.auth === 'key') {
    return {
      host,
      port,
      username,
      hostKey,
      auth: { kind: 'key', privateKey: hop.privateKey ?? '', passphrase: hop.passphrase || undefined },
    }
  }
  const socketPath = process.env.SSH_AUTH_SOCK
  if (!socketPath) throw new AppError('ssh_agent_missing', { detail: 'SSH_AUTH_SOCK is not set' })
  return { host, port, username, hostKey, auth: { kind: 'agent', socketPath } }
}

/** As the API shows it: secrets are only said to exist. */
export function viewTransport(input: TransportInput): TransportView {
  if (input.kind === 'unix' || input.kind === 'tcp') return input
  if (input.kind === 'tls') {
    const { host, port } = input
    const expiry = input.cert ? certificateExpiry(input.cert) : null
    return {
      kind: 'tls',
      host,
      port,
      servername: input.servername ?? null,
      ca: input.ca ?? null,
      cert: input.cert ?? null,
      hasKey: !!input.key,
      hasPassphrase: !!input.passphrase,
      certExpiresAt: expiry?.toISOString() ?? null,
    }
  }
  return {
    kind: 'ssh',
    ...viewHop(input),
    socketPath: input.socketPath ?? null,
    jump: input.jump ? viewHop(input.jump) : null,
  }
}

function viewHop(hop: SshHopInput) {
  const { host, port, username, auth } = hop
  const has = { hasPrivateKey: !!hop.privateKey, hasPassphrase: !!hop.passphrase }
  return { host, port, username, auth, ...has, hostKey: hop.hostKey ?? null }
}

/** ssh://root@10.0.0.4, tls://10.0.0.4:2376, unix:///run/docker.sock */
export function addressOf(input: TransportInput): string {
  if (input.kind === 'unix') return `unix://${input.socketPath}`
  const host = input.host.includes(':') ? `[${input.host}]` : input.host
  if (input.kind === 'ssh')
    return `ssh://${input.username}@${host}${input.port === 22 ? '' : `:${input.port}`}`
  return `${input.kind}://${host}:${input.port}`
}
