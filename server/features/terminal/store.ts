import type { Database } from '../../db/schema.ts'
import type { TerminalStore } from './ending.ts'

export function createTerminalStore(db: Database): TerminalStore {
  return {
    async all() {
      const rows = await db.selectFrom('terminals').selectAll().execute()
      return rows.map(({ mark, host_id, container_id, user }) => ({
        mark,
        hostId: host_id,
        containerId: container_id,
        ...(user === null ? {} : { user }),
      }))
    },
    async add({ mark, hostId, containerId, user = null }) {
      const row = { mark, host_id: hostId, container_id: containerId, user }
      await db.insertInto('terminals').values(row).execute()
    },
    async remove(mark) {
      await db.deleteFrom('terminals').where('mark', '=', mark).execute()
    },
  }
}
