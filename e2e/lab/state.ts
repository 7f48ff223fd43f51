import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The lab's one folder. Everything the lab makes is below it, so that `down` is its removal. */
export function labFolder(): string {
  return process.env.ROADSTEAD_LAB_DIR ?? join(tmpdir(), 'roadstead-lab')
}

export interface LabSshHop {
  host: string
  port: number
  username: string
  keyPath: string
  encryptedKeyPath: string
  passphrase: string
  /** SHA256:... of the server's ed25519 host key, as ssh-keygen prints it. */
  hostKeyFingerprint: string
}

export type LabTransport =
  | { kind: 'unix'; socketPath: string }
  | { kind: 'tcp'; host: string; port: number }
  | { kind: 'tls'; host: string; port: number; caPath: string; certPath: string; keyPath: string }
  | ({ kind: 'ssh'; remoteSocketPath: string; jump?: LabSshHop; addressBehindJump?: string } & LabSshHop)

export const engineNames = [
  'docker-unix',
  'docker-tls',
  'docker-ssh',
  'docker28-tcp',
  'podman-unix',
  'podman-tcp',
  'podman-ssh',
  'podman5-tcp',
] as const
export type EngineName = (typeof engineNames)[number]

export interface LabEngine {
  name: EngineName
  kind: 'docker' | 'podman'
  version: string
  apiVersion: string
  transport: LabTransport
  /** Name of the network namespace; its address is `address`. */
  netns: string
  address: string
  /** Pid 1 of the engine's own pid namespace: when it dies, all of the host dies. */
  holderPid: number
  /** dockerd, or the podman service, as this machine numbers it. */
  daemonPid: number
  sshdPid: number | null
  /** The engine's socket seen from here, whatever the transport: for the second witness and for seeding. */
  localSocketPath: string
  containers: string[]
}

export interface LabRegistry {
  name: 'open' | 'private'
  /** host:port, as it stands before the slash of an image reference. */
  address: string
  scheme: 'http' | 'https'
  caPath?: string
  username?: string
  password?: string
}

export interface LabState {
  folder: string
  startedAt: string
  engines: LabEngine[]
  registries: LabRegistry[]
  bastion: { netns: string; holderPid: number; sshdPid: number } | null
}

/** Null when no lab is up. */
export function readLabState(): LabState | null {
  const path = join(labFolder(), 'lab.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as LabState) : null
}

/** The running lab; throws with what to do when there is none. */
export function requireLab(): LabState {
  const state = readLabState()
  if (!state) throw new Error('No lab is up: run `npm run lab -- up` first.')
  return state
}

/** One registry of the running lab; every engine of the lab reaches it by the same address. */
export function labRegistry(name: LabRegistry['name']): LabRegistry {
  const registry = requireLab().registries.find((candidate) => candidate.name === name)
  if (!registry) throw new Error('The lab runs without registries: run `npm run lab -- up`.')
  return registry
}

/** One engine of the running lab; throws when it was not brought up. */
export function labEngine(name: EngineName): LabEngine {
  const engine = requireLab().engines.find((candidate) => candidate.name === name)
  if (!engine) throw new Error(`The lab runs without ${name}: run \`npm run lab -- up\`.`)
  return engine
}
