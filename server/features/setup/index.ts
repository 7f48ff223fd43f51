import type { Access } from '../../access/access.ts'
import type { Setup } from '../../identity/setup.ts'
import type { Guard } from '../../web/guard.ts'
import { setupRoutes } from './routes.ts'

/** The first administrator. */
export function setupFeature(parts: { setup: Setup; guard: Guard; access: Access }) {
  return { routes: setupRoutes(parts) }
}
