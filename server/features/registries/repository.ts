import type { HostSelector } from '#lib/contracts/access.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { newId } from '../../new-id.ts'
import { placeOf } from '../../secrets/envelope.ts'
import type { Vault } from '../../secrets/vault.ts'
import type { RegistryEndpoint } from './exchange.ts'

/** With the hosts that its account is given to, all of them where nothing is said. */
export interface NewRegistry extends RegistryEndpoint {
  hosts: HostSelector[]
}

/** A stored registry with its password in the clear: for the service only. */
export interface StoredRegistry extends NewRegistry {
  id: string
  createdAt: string
}

export interface RegistryRepository {
  all(): Promise<StoredRegistry[]>
  /** Throws registry_not_found. */
  get(id: string): Promise<StoredRegistry>
  byAddress(address: string): Promise<StoredRegistry | null>
  /** Throws registry_address_taken. */
  insert(registry: RegistryEndpoint & Partial<NewRegistry>): Promise<StoredRegistry>
  /** Throws registry_address_taken. */
  update(registry: StoredRegistry): Promise<void>
  remove(id: string): Promise<void>
}

export function createRegistryRepository(db: Database, vault: Vault): RegistryRepository {
  const place = (id: string) => placeOf('registries', id, 'password')
  type Row = Awaited<ReturnType<typeof rows>>[number]
  const rows = () => db.selectFrom('registries').selectAll().orderBy('address').execute()
  const read = (row: Row): StoredRegistry => ({
    id: row.id,
    address: row.address,
    scheme: row.scheme === 'http' ? 'http' : 'https',
    ...(row.ca ? { ca: row.ca } : {}),
    ...(row.username ? { username: row.username } : {}),
    ...(row.password ? { password: vault.open(row.password, place(row.id)) } : {}),
    hosts: JSON.parse(row.hosts) as HostSelector[],
    createdAt: row.created_at,
  })
  const columns = (id: string, registry: NewRegistry) => ({
    address: registry.address,
    scheme: registry.scheme,
    ca: registry.ca ?? null,
    username: registry.username ?? null,
    password: registry.password === undefined ? null : vault.seal(registry.password, place(id)),
    hosts: JSON.stringify(registry.hosts),
    updated_at: new Date().toISOString(),
  })
  const addressIsFree = async (address: string, exceptId: string) => {
    const other = await db
      .selectFrom('registries')
      .select('id')
      .where('address', '=', address)
      .where('id', '!=', exceptId)
      .executeTakeFirst()
    if (other) throw new AppError('registry_address_taken', { params: { registry: address } })
  }
  /** The address may be taken between the look and the write: the table's unique index then refuses, in its own words. */
  const write = async (address: string, id: string, statement: () => Promise<unknown>) => {
    await addressIsFree(address, id)
    try {
      await statement()
    } catch (error) {
      await addressIsFree(address, id)
      throw error
    }
  }
  return {
    all: async () => (await rows()).map(read),
    async get(id) {
      const row = await db.selectFrom('registries').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw new AppError('registry_not_found', { objectId: id })
      return read(row)
    },
    async byAddress(address) {
      const row = await db
        .selectFrom('registries')
        .selectAll()
        .where('address', '=', address)
        .executeTakeFirst()
      return row ? read(row) : null
    },
    async insert(input) {
      const registry: NewRegistry = { hosts: [{ kind: 'all' }], ...input }
      const id = newId('r')
      const createdAt = new Date().toISOString()
      const row = { id, created_at: createdAt, ...columns(id, registry) }
      await write(registry.address, id, () => db.insertInto('registries').values(row).execute())
      return { ...registry, id, createdAt }
    },
    async update(registry) {
      await write(registry.address, registry.id, () =>
        db
          .updateTable('registries')
          .set(columns(registry.id, registry))
          .where('id', '=', registry.id)
          .execute(),
      )
    },
    async remove(id) {
      await db.deleteFrom('registries').where('id', '=', id).execute()
    },
  }
}
