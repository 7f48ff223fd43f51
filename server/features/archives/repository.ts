import {
  type Archive,
  type ArchiveSettings,
  archiveSchema,
  archiveSettingsSchema,
} from '#lib/contracts/archives.ts'
import type { Database } from '../../db/schema.ts'

/** What is stored of an archive: all but what is read off the disk. */
export type StoredArchive = Omit<Archive, 'received' | 'found' | 'expiresAt'>
const storedSchema = archiveSchema.omit({ received: true, found: true, expiresAt: true })

export interface ArchiveRepository {
  all(): Promise<StoredArchive[]>
  put(archive: StoredArchive): Promise<void>
  remove(id: string): Promise<void>
  settings(): Promise<ArchiveSettings>
  putSettings(settings: ArchiveSettings): Promise<void>
}

const settingsKey = 'archives'
const defaults: ArchiveSettings = { quotaBytes: null, retentionDays: 30 }

export function createArchiveRepository(db: Database): ArchiveRepository {
  return {
    async all() {
      const rows = await db.selectFrom('archives').select('document').execute()
      return rows.flatMap(({ document }) => {
        try {
          return storedSchema.parse(JSON.parse(document))
        } catch {
          // One row that is damaged is one archive that is not listed; its file is kept.
          return []
        }
      })
    },
    async put(archive) {
      const document = JSON.stringify(storedSchema.parse(archive))
      await db
        .insertInto('archives')
        .values({ id: archive.id, document })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ document }))
        .execute()
    },
    async remove(id) {
      await db.deleteFrom('archives').where('id', '=', id).execute()
    },
    async settings() {
      const row = await db
        .selectFrom('settings')
        .select('value')
        .where('key', '=', settingsKey)
        .executeTakeFirst()
      return row ? archiveSettingsSchema.parse(JSON.parse(row.value)) : defaults
    },
    async putSettings(settings) {
      const value = JSON.stringify(settings)
      await db
        .insertInto('settings')
        .values({ key: settingsKey, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute()
    },
  }
}
