import { z } from 'zod'

export const imageSearchQuerySchema = z.object({ term: z.string().trim().min(2).max(255) })

/** An image of a registry that fits a search. */
export const imageMatchSchema = z.object({
  /** As it is pulled, without a tag. */
  name: z.string(),
  /** Empty where a registry tells none. */
  description: z.string(),
  /** Null where nobody counts them. */
  stars: z.number().nullable(),
  /** Docker Hub's own. */
  isOfficial: z.boolean(),
})
export type ImageMatch = z.infer<typeof imageMatchSchema>

export const imageMatchesSchema = z.object({
  matches: z.array(imageMatchSchema),
  /** False: there is more than was looked through. */
  isWhole: z.boolean(),
})
export type ImageMatches = z.infer<typeof imageMatchesSchema>
