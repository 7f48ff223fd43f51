import type { Access } from '../../access/access.ts'
import type { Audit } from '../../audit/service.ts'
import type { Policy } from '../../create-policy/index.ts'
import type { Database } from '../../db/schema.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Identity } from '../../identity/identity.ts'
import type { Log } from '../../log.ts'
import type { Authorize } from '../../principal/principal.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { createEndings } from './ending.ts'
import { terminalSocket } from './socket.ts'
import { createTerminalStore } from './store.ts'

/** Shells in containers, and the ending of those whose browsers went. */
export async function terminalFeature(parts: {
  db: Database
  registry: HostRegistry
  fleet: FleetState
  access: Access
  authorize: Authorize
  policy: Policy
  audit: Audit
  concurrency: Concurrency
  identity: Pick<Identity, 'onEnded'>
  log: Log
}) {
  const { db, registry, log } = parts
  const endings = await createEndings({ registry, store: createTerminalStore(db), log })
  const { socket, stop } = terminalSocket({ ...parts, endings, onEnded: parts.identity.onEnded })
  return {
    routes: [],
    sockets: [socket],
    close() {
      stop()
      endings.stop()
    },
  }
}
