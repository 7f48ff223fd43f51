import { engineAddressRoutes } from './routes.ts'

/** Addresses without a path for clients that take only host and port. */
export function engineAddressesFeature(parts: Parameters<typeof engineAddressRoutes>[0]) {
  return { routes: engineAddressRoutes(parts) }
}
