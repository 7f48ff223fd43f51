import type { Access } from '../../access/access.ts'
import type { Grants } from '../../access/grants.ts'
import type { Config } from '../../config.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { SigningIn } from '../../identity/index.ts'
import type { Guard } from '../../web/guard.ts'
import { accessRoutes } from './access-routes.ts'
import { userRoutes } from './routes.ts'

/** People, their links, roles and grants, and looking as one of them. */
export function usersFeature(
  parts: SigningIn & {
    grants: Grants
    access: Access
    registry: HostRegistry
    guard: Guard
    config: Config
  },
) {
  return { routes: [...userRoutes(parts), ...accessRoutes(parts)] }
}
