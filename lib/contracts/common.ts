import { z } from 'zod'

/** Our own host id: 'h' and 12 lower-case base32 characters. Never the engine's id, which cloned machines share. */
export const hostIdSchema = z.string().regex(/^h[0-9a-z]{12}$/)
/** Full container id as engines print it. Names are resolved in the fleet state, never forwarded. */
export const containerIdSchema = z.string().regex(/^[0-9a-f]{64}$/)
/** Image id with its algorithm, on every engine (libpod omits the prefix; we add it). */
export const imageIdSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/)
/** Moments are ISO 8601 in UTC. */
export const instantSchema = z.iso.datetime()

export const engineFlavours = ['docker', 'podman'] as const
export type EngineFlavour = (typeof engineFlavours)[number]

/** What every failing API answer carries. `message` is the catalogue's sentence; `detail` is the engine's or library's own text. */
export const apiErrorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    detail: z.string().optional(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    hostId: z.string().optional(),
    objectId: z.string().optional(),
    /** Field errors of a refused body or query: path in dots, sentence. */
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    requestId: z.string().optional(),
  }),
})
export type ApiError = z.infer<typeof apiErrorSchema>['error']
