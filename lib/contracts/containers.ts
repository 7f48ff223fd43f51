import { z } from 'zod'
import { containerStates, healthStates, killSignals } from '../containers/states.ts'
import { containerIdSchema, hostIdSchema, instantSchema } from './common.ts'

export { containerStates, healthStates, killSignals }

export type ContainerState = (typeof containerStates)[number]
export type HealthState = (typeof healthStates)[number]

export const portSchema = z.object({
  ip: z.string().nullable(),
  hostPort: z.number().nullable(),
  containerPort: z.number(),
  protocol: z.string(),
})
export type ContainerPort = z.infer<typeof portSchema>

export const containerSchema = z.object({
  hostId: hostIdSchema,
  id: containerIdSchema,
  /** Without the leading slash. */
  name: z.string(),
  image: z.string(),
  imageId: z.string(),
  command: z.string(),
  createdAt: instantSchema,
  state: z.enum(containerStates),
  health: z.enum(healthStates),
  /** Of the last run, while it does not run. */
  exitCode: z.number().nullable(),
  /**
   * Why the engine could not start it, while it does not run. Null until known, as the times are; Podman before 5 keeps it
   * nowhere.
   */
  error: z.string().nullable(),
  oomKilled: z.boolean(),
  /** Null until known: lists of Docker engines don't carry them; they come by event or by a background inspect. */
  startedAt: instantSchema.nullable(),
  finishedAt: instantSchema.nullable(),
  restartCount: z.number().nullable(),
  ports: z.array(portSchema),
  networks: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  /** Compose project and service, from the labels of docker compose and podman-compose. */
  stack: z.string().nullable(),
  service: z.string().nullable(),
  podId: z.string().nullable(),
  /** Names of its volumes, in order. Null until known: Podman's list has only where they are mounted. */
  volumes: z.array(z.string()).nullable(),
})
export type Container = z.infer<typeof containerSchema>

export const stopOptionsSchema = z.object({
  /** Seconds before SIGKILL. Absent: the container's own stop timeout. */
  graceSeconds: z.int().min(0).max(3600).optional(),
})
export const killOptionsSchema = z.object({ signal: z.enum(killSignals).default('SIGKILL') })
export const renameOptionsSchema = z.object({ name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/) })
export const removeOptionsSchema = z.object({
  /** Remove although running (SIGKILL first). */
  force: z.stringbool().default(false),
  /** Remove its anonymous volumes too. */
  volumes: z.stringbool().default(false),
})

export const containerActions = [
  'start',
  'stop',
  'restart',
  'pause',
  'unpause',
  'kill',
  'rename',
  'remove',
] as const
export type ContainerAction = (typeof containerActions)[number]

/** `already` is the engine's 304 (or 404 on remove): nothing had to be done. `container` is null after a remove. */
export const actionResultSchema = z.object({
  outcome: z.enum(['done', 'already']),
  container: containerSchema.nullable(),
})
export type ActionResult = z.infer<typeof actionResultSchema>

/** The engine's inspect document, as text-safe JSON. Environment values are hidden unless asked for with the permission. */
export const containerDetailSchema = z.object({
  container: containerSchema,
  inspect: z.record(z.string(), z.unknown()),
})
export type ContainerDetail = z.infer<typeof containerDetailSchema>
