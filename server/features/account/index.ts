import type { Access } from '../../access/access.ts'
import type { Config } from '../../config.ts'
import type { SigningIn } from '../../identity/index.ts'
import type { Guard } from '../../web/guard.ts'
import { oidcRoutes } from './oidc-routes.ts'
import { accountRoutes } from './routes.ts'
import { secondFactorRoutes } from './second-factor-routes.ts'

/** Signing in and out, and what a person changes about their own account. */
export function accountFeature(parts: SigningIn & { guard: Guard; access: Access; config: Config }) {
  const { oidc } = parts
  return {
    routes: [
      ...accountRoutes(parts),
      ...secondFactorRoutes(parts),
      ...(oidc ? oidcRoutes({ ...parts, oidc }) : []),
    ],
  }
}
