import { z } from 'zod'
import { objectKinds } from '../fleet/kinds.ts'
import { engineFlavours, hostIdSchema, instantSchema } from './common.ts'

export const hostStates = [
  'online',
  'connecting',
  'unresponsive',
  'unreachable',
  'unauthorised',
  'paused',
] as const
export type HostState = (typeof hostStates)[number]

const portSchema = z.int().min(1).max(65535)
const addressSchema = z
  .string()
  .trim()
  .min(1)
  .max(253)
  // Not like an option of a command line, whatever it may once be handed to.
  .regex(/^[A-Za-z0-9:_][A-Za-z0-9.:_-]*$/)
const pemSchema = z.string().max(64 * 1024)
const socketPathSchema = z
  .string()
  .trim()
  .max(4096)
  .regex(/^\/[^\0]*$/)

/** Jump host of an SSH transport; it has its own account, key and pinned host key. */
const sshHopSchema = z.object({
  host: addressSchema,
  port: portSchema.default(22),
  username: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .regex(/^[^-\s:@/][^\s:@/]*$/),
  /** 'agent' uses the ssh-agent of the server's SSH_AUTH_SOCK. */
  auth: z.enum(['key', 'agent']),
  privateKey: pemSchema.optional(),
  passphrase: z.string().max(1024).optional(),
  /** 'SHA256:...' accepted by a person. Absent: the test stops at the host key step and shows it. */
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/)
    .optional(),
})

/** What the add and edit forms send. In an edit, an absent secret keeps the stored one. */
export const transportInputSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unix'), socketPath: socketPathSchema }),
  z.object({ kind: z.literal('tcp'), host: addressSchema, port: portSchema }),
  z.object({
    kind: z.literal('tls'),
    host: addressSchema,
    port: portSchema,
    ca: pemSchema.optional(),
    cert: pemSchema.optional(),
    key: pemSchema.optional(),
    passphrase: z.string().max(1024).optional(),
    servername: z.string().trim().max(253).optional(),
  }),
  sshHopSchema.extend({
    kind: z.literal('ssh'),
    /** Absent: found on the remote machine (Docker and Podman, rootful and rootless). */
    socketPath: socketPathSchema.optional(),
    jump: sshHopSchema.optional(),
  }),
])
export type TransportInput = z.infer<typeof transportInputSchema>
export type SshHopInput = z.infer<typeof sshHopSchema>

const sshHopViewSchema = z.object({
  host: z.string(),
  port: z.number(),
  username: z.string(),
  auth: z.enum(['key', 'agent']),
  hasPrivateKey: z.boolean(),
  hasPassphrase: z.boolean(),
  hostKey: z.string().nullable(),
})

/** A stored transport as the API shows it: secrets are only said to exist. */
export const transportViewSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unix'), socketPath: z.string() }),
  z.object({ kind: z.literal('tcp'), host: z.string(), port: z.number() }),
  z.object({
    kind: z.literal('tls'),
    host: z.string(),
    port: z.number(),
    servername: z.string().nullable(),
    ca: z.string().nullable(),
    cert: z.string().nullable(),
    hasKey: z.boolean(),
    hasPassphrase: z.boolean(),
    /** End of the client certificate's validity. */
    certExpiresAt: instantSchema.nullable(),
  }),
  sshHopViewSchema.extend({
    kind: z.literal('ssh'),
    socketPath: z.string().nullable(),
    jump: sshHopViewSchema.nullable(),
  }),
])
export type TransportView = z.infer<typeof transportViewSchema>

export const hostNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^\p{C}]+$/u)
export const hostTagSchema = z
  .string()
  .trim()
  .min(1)
  .max(32)
  .regex(/^[\p{L}\p{N}._-]+$/u)

export const hostInputSchema = z.object({
  name: hostNameSchema,
  tags: z.array(hostTagSchema).max(20).default([]),
  transport: transportInputSchema,
})
export type HostInput = z.infer<typeof hostInputSchema>

export const hostPatchSchema = z
  .object({ name: hostNameSchema, tags: z.array(hostTagSchema).max(20), transport: transportInputSchema })
  .partial()
export type HostPatch = z.infer<typeof hostPatchSchema>

export const engineInfoSchema = z.object({
  flavour: z.enum(engineFlavours),
  version: z.string(),
  /** Negotiated from both ends' ranges; what we put in every path. */
  apiVersion: z.string(),
  os: z.string(),
  arch: z.string(),
  kernel: z.string().nullable(),
  hostname: z.string().nullable(),
  cpus: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  rootless: z.boolean(),
  storageDriver: z.string().nullable(),
  /** Images in containerd's store: known by their manifest, several platforms of one, OCI layouts read as they are. */
  containerdStore: z.boolean(),
  cgroupVersion: z.enum(['1', '2']).nullable(),
})
export type EngineInfo = z.infer<typeof engineInfoSchema>

export const hostErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  detail: z.string().optional(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
})

const readKindSchema = z.enum(objectKinds)

/** How well an online host's objects can be read: one that answers pings may fail at its lists. */
export const hostReadingSchema = z.object({
  /** Lists that failed when they were last asked; what is shown of that kind is from before `since`. */
  failed: z.array(z.object({ kind: readKindSchema, since: instantSchema, error: hostErrorSchema })),
  /** Rows that could not be read and are left out, and the first of them. */
  odd: z.array(z.object({ kind: readKindSchema, count: z.number(), name: z.string(), detail: z.string() })),
  /** Why the engine tells no changes; its lists are then read at intervals. Null when it tells them. */
  withoutEvents: z
    .object({ since: instantSchema, everySeconds: z.number(), error: hostErrorSchema })
    .nullable(),
  /** Another engine answers than before, or its clock is off. */
  notices: z.array(z.object({ since: instantSchema, error: hostErrorSchema })),
})
export type HostReading = z.infer<typeof hostReadingSchema>

export const hostSchema = z.object({
  id: hostIdSchema,
  name: z.string(),
  tags: z.array(z.string()),
  /** For people: unix:///run/docker.sock, ssh://root@10.0.0.4, tls://10.0.0.4:2376. */
  address: z.string(),
  transport: transportViewSchema,
  state: z.enum(hostStates),
  stateSince: instantSchema,
  engine: engineInfoSchema.nullable(),
  /** Round trip of the latest ping. */
  latencyMs: z.number().nullable(),
  lastSeenAt: instantSchema.nullable(),
  /** When the objects of this host were last known to equal the engine's. Null until first listed. */
  syncedAt: instantSchema.nullable(),
  error: hostErrorSchema.nullable(),
  reading: hostReadingSchema,
  /** Whether accounts of registries are sent there: somebody who may edit registries has set its connection. */
  takesAccounts: z.boolean(),
  createdAt: instantSchema,
})
export type Host = z.infer<typeof hostSchema>

/** Steps of a connection test, in order. Steps that a transport lacks are not sent. */
export const testStepNames = [
  'name',
  'port',
  'tls',
  'hostKey',
  'login',
  'socket',
  'engine',
  'rights',
  'events',
] as const
export const testStepSchema = z.object({
  step: z.enum(testStepNames),
  status: z.enum(['running', 'passed', 'failed', 'attention']),
  /** What was found: an address, a fingerprint, a version. */
  found: z.string().optional(),
  tookMs: z.number().optional(),
  /** Set when failed: the catalogue code gives sentence and remedy; detail is the raw cause. */
  error: hostErrorSchema.optional(),
  /** Host keys waiting to be accepted (status 'attention'). */
  hostKey: z
    .object({
      hop: z.enum(['target', 'jump']),
      fingerprint: z.string(),
      algorithm: z.string(),
      pinned: z.string().nullable(),
    })
    .optional(),
})
export type TestStep = z.infer<typeof testStepSchema>
/** One NDJSON line of `POST /api/hosts/test`: steps, then the end. */
export const testEventSchema = z.union([
  testStepSchema.extend({ type: z.literal('step') }),
  z.object({
    type: z.literal('end'),
    ok: z.boolean(),
    engine: engineInfoSchema.nullable(),
    socketPath: z.string().nullable(),
  }),
])
export type TestEvent = z.infer<typeof testEventSchema>

export const testHostSchema = z.object({
  transport: transportInputSchema,
  /** Secrets absent from the transport are taken from this stored host. */
  hostId: hostIdSchema.optional(),
})

/** An engine found on the server's own machine. */
export const discoveredEngineSchema = z.object({
  /** Names it in `POST /api/hosts/discovered/:key`; keys and certificates never travel to the browser and back. */
  key: z.string(),
  source: z.enum(['DOCKER_HOST', 'socket', 'dockerContext', 'podmanConnection', 'lab']),
  name: z.string(),
  address: z.string(),
  reachable: z.boolean(),
  engine: engineInfoSchema.nullable(),
  error: hostErrorSchema.nullable(),
  /** Already registered with the same address. */
  registeredAs: hostIdSchema.nullable(),
})
export type DiscoveredEngine = z.infer<typeof discoveredEngineSchema>

export const addDiscoveredSchema = z.object({
  name: hostNameSchema.optional(),
  tags: z.array(hostTagSchema).max(20).default([]),
})
