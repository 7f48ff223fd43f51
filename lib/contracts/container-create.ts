import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from './common.ts'
import { restartPolicies } from './container-details.ts'

const text = z.string().max(32_768)
const name = z.string().min(1).max(512)
const words = z.array(text).max(1000)
const pairs = z.array(z.object({ name, value: text })).max(1000)
const bytes = z.int().min(0)

export const pullPolicies = ['missing', 'always', 'never'] as const

/**
 * A container to be made, in one shape for every engine. What is absent is the image's or the engine's default. Rules
 * beyond the shape are in lib/containers/spec-check.ts, shared with the form.
 */
export const containerSpecSchema = z.strictObject({
  image: z.string().trim().min(1).max(512),
  /** `linux/arm64`. */
  platform: z.string().max(100).optional(),
  name: z.string().max(255).optional(),
  command: words.optional(),
  /** Empty: none, also where the image has one. */
  entrypoint: words.optional(),
  env: pairs.default([]),
  labels: pairs.default([]),
  workdir: text.optional(),
  user: z.string().max(256).optional(),
  groups: z.array(name).max(100).default([]),
  hostname: z.string().max(253).optional(),
  tty: z.boolean().default(false),
  stdin: z.boolean().default(false),
  init: z.boolean().default(false),
  autoRemove: z.boolean().default(false),
  ports: z
    .array(
      z.object({
        /** Empty: every address of the host. */
        hostIp: z.string().max(64).default(''),
        /** A port, a range to choose from, or empty for any free one. */
        hostPort: z.string().max(11).default(''),
        containerPort: z.int().min(1).max(65_535),
        protocol: z.enum(['tcp', 'udp', 'sctp']).default('tcp'),
      }),
    )
    .max(2000)
    .default([]),
  publishAll: z.boolean().default(false),
  mounts: z
    .array(
      z.object({
        type: z.enum(['bind', 'volume', 'tmpfs']),
        /** A path of the host; a volume's name, or empty for one without a name; nothing for tmpfs. */
        source: text.default(''),
        target: text,
        readOnly: z.boolean().default(false),
        /** As after the last colon of `-v`: `z`, `rshared`, `nocopy`; of tmpfs: `size=64m`. */
        options: z.array(z.string().max(256)).max(20).default([]),
      }),
    )
    .max(500)
    .default([]),
  /** The first is where it is made; `host`, `none` and `container:…` stand alone. Empty: the engine's default. */
  networks: z
    .array(
      z.object({
        name,
        aliases: z.array(name).max(100).default([]),
        /** A fixed address in it. */
        ip: z.string().max(64).default(''),
      }),
    )
    .max(50)
    .default([]),
  restart: z
    .object({ policy: z.enum(restartPolicies), retries: z.int().min(0).max(100_000).optional() })
    .default({ policy: 'no' }),
  limits: z
    .object({
      memory: bytes.optional(),
      memoryReservation: bytes.optional(),
      /** Memory and swap together; -1 is without limit. */
      memorySwap: z.int().min(-1).optional(),
      cpus: z.number().min(0).max(1024).optional(),
      cpuShares: z.int().min(0).max(262_144).optional(),
      cpuset: z.string().max(256).optional(),
      pids: z.int().min(-1).optional(),
      shmSize: bytes.optional(),
    })
    .default({}),
  ulimits: z
    .array(z.object({ name, soft: z.int().min(-1), hard: z.int().min(-1) }))
    .max(50)
    .default([]),
  /** Absent: the image's. */
  health: z
    .object({
      /** `NONE`; or `CMD` and arguments; or `CMD-SHELL` and one line. */
      test: words.min(1),
      /** Seconds; 0 is the engine's default. */
      interval: z.number().min(0).default(0),
      timeout: z.number().min(0).default(0),
      startPeriod: z.number().min(0).default(0),
      retries: z.int().min(0).default(0),
    })
    .optional(),
  /** An empty driver is the engine's default, to which options may be given all the same. */
  log: z.object({ driver: z.string().max(512), options: pairs.default([]) }).optional(),
  privileged: z.boolean().default(false),
  readOnly: z.boolean().default(false),
  capAdd: z.array(name).max(100).default([]),
  capDrop: z.array(name).max(100).default([]),
  securityOptions: z.array(name).max(50).default([]),
  devices: z
    .array(z.object({ host: name, container: name, permissions: z.string().max(3).default('rwm') }))
    .max(200)
    .default([]),
  /** `all`, a number, or `device=` and ids or numbers of GPUs, comma-separated. */
  gpus: z.string().max(1024).optional(),
  dns: z.array(name).max(50).default([]),
  dnsSearch: z.array(name).max(50).default([]),
  /** `name:address`. */
  extraHosts: z.array(name).max(200).default([]),
  sysctls: pairs.default([]),
  stopSignal: z.string().max(20).optional(),
  /** Seconds. */
  stopTimeout: z.int().min(0).max(86_400).optional(),
  /** Namespaces: `host`, `container:…`, and what an engine knows besides. */
  pidMode: z.string().max(256).optional(),
  ipcMode: z.string().max(256).optional(),
  utsMode: z.string().max(256).optional(),
  usernsMode: z.string().max(256).optional(),
})
export type ContainerSpec = z.output<typeof containerSpecSchema>
export type ContainerSpecInput = z.input<typeof containerSpecSchema>

/** The same container on one or several hosts, as a task with a step for each. */
export const createInputSchema = z.object({
  spec: containerSpecSchema,
  hostIds: z.array(hostIdSchema).min(1).max(1000),
  pull: z.enum(pullPolicies).default('missing'),
  start: z.boolean().default(true),
})
export type CreateInput = z.input<typeof createInputSchema>

/**
 * A container made anew in place of one that is there. The old one is kept until the new one runs, and put back if it
 * does not.
 */
export const recreateInputSchema = z.object({
  spec: containerSpecSchema,
  pull: z.enum(pullPolicies).default('missing'),
  /** The old one stays, stopped and under another name. */
  keepOld: z.boolean().default(false),
  /** What of `lost` the person has seen and lets go; anything else that would be lost stops the run. */
  accepted: z.array(z.string().max(200)).max(100).default([]),
})
export type RecreateInput = z.input<typeof recreateInputSchema>

export const recreateTaskInputSchema = recreateInputSchema.extend({
  hostId: hostIdSchema,
  containerId: containerIdSchema,
  /** For the task's title, also when the container is gone. */
  name: z.string(),
})
export type RecreateTaskInput = z.output<typeof recreateTaskInputSchema>

export const dependentSchema = z.object({
  id: containerIdSchema,
  name: z.string(),
  /** What it has of the other one: a namespace, its volumes, a legacy link, or Podman's `--requires`. */
  by: z.enum(['network', 'ipc', 'pid', 'volumes', 'link', 'requires']),
})
export type Dependent = z.infer<typeof dependentSchema>

/** What a container was made with, for the form and for the line to copy. */
export const specAnswerSchema = z.object({
  spec: containerSpecSchema,
  /** What the form has no field for; making it anew keeps it. */
  kept: z.array(z.string()),
  /** What the container has and its engine can't be told again, in the engine's own words. */
  lost: z.array(z.string()),
  /** Containers that can't go on without this one, and are made anew with it, in this order. */
  dependents: z.array(dependentSchema),
})
export type SpecAnswer = z.infer<typeof specAnswerSchema>
