import { z } from 'zod'
import type { TransportInput } from '#lib/contracts/hosts.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { newId } from '../new-id.ts'
import { placeOf } from '../secrets/envelope.ts'
import type { Vault } from '../secrets/vault.ts'
import { joinSecrets, splitSecrets, type TransportSecrets } from './transport-secrets.ts'

/** A registered host with its secrets in the clear: for the registry only. */
export interface StoredHost {
  id: string
  name: string
  tags: string[]
  transport: TransportInput
  paused: boolean
  /**
   * Those of its tags that somebody gave who may edit registries, by which it gets their accounts. Absent: its connection was
   * set by somebody else, who could lead it to themselves, and it gets none.
   */
  accountTags?: string[]
  /** Of the engine that answered last. */
  engineIdentity?: string | undefined
  createdAt: string
}

export interface HostRepository {
  all(): Promise<StoredHost[]>
  /** Throws host_name_taken. */
  insert(host: Omit<StoredHost, 'id' | 'createdAt' | 'paused'>): Promise<StoredHost>
  /** Throws host_name_taken. */
  update(host: StoredHost): Promise<void>
  remove(id: string): Promise<void>
  /** Which engine answers at its address. */
  identify(id: string, identity: string): Promise<void>
}

/** @param onDamaged told of each row that cannot be read: it costs its own host, and no other. */
export function createHostRepository(
  db: Database,
  vault: Vault,
  onDamaged: (row: { id: string; name: string; error: unknown }) => void = () => {},
): HostRepository {
  const place = (id: string) => placeOf('hosts', id, 'secrets')
  const columns = (host: StoredHost) => {
    const { open, secrets } = splitSecrets(host.transport)
    const some = Object.values(secrets).some((secret) => secret !== undefined)
    return {
      name: host.name,
      tags: JSON.stringify(host.tags),
      transport: JSON.stringify(open),
      secrets: some ? vault.seal(JSON.stringify(secrets), place(host.id)) : null,
      paused: host.paused ? 1 : 0,
      account_tags: host.accountTags ? JSON.stringify(host.accountTags) : null,
      updated_at: new Date().toISOString(),
    }
  }
  const nameIsFree = async (name: string, exceptId: string) => {
    const other = await db
      .selectFrom('hosts')
      .select('id')
      .where('name', '=', name)
      .where('id', '!=', exceptId)
      .executeTakeFirst()
    if (other) throw new AppError('host_name_taken', { params: { name } })
  }
  /** The name may be taken between the look and the write: the table's unique index then refuses, in its own words. */
  const write = async (host: StoredHost, statement: () => Promise<unknown>) => {
    await nameIsFree(host.name, host.id)
    try {
      await statement()
    } catch (error) {
      await nameIsFree(host.name, host.id)
      throw error
    }
  }
  return {
    async all() {
      const rows = await db.selectFrom('hosts').selectAll().orderBy('name').execute()
      return rows.flatMap((row) => {
        try {
          const secrets = row.secrets
            ? (JSON.parse(vault.open(row.secrets, place(row.id))) as TransportSecrets)
            : {}
          return {
            id: row.id,
            name: row.name,
            tags: z.array(z.string()).parse(JSON.parse(row.tags)),
            transport: joinSecrets(transportOf(row.transport), secrets),
            paused: row.paused === 1,
            ...(row.account_tags === null
              ? {}
              : { accountTags: z.array(z.string()).parse(JSON.parse(row.account_tags)) }),
            ...(row.engine_identity === null ? {} : { engineIdentity: row.engine_identity }),
            createdAt: row.created_at,
          }
        } catch (error) {
          onDamaged({ id: row.id, name: row.name, error })
          return []
        }
      })
    },
    async insert(input) {
      const host: StoredHost = {
        ...input,
        id: newId('h'),
        paused: false,
        createdAt: new Date().toISOString(),
      }
      const row = { id: host.id, created_at: host.createdAt, ...columns(host) }
      await write(host, () => db.insertInto('hosts').values(row).execute())
      return host
    },
    async update(host) {
      await write(host, () => db.updateTable('hosts').set(columns(host)).where('id', '=', host.id).execute())
    },
    async identify(id, identity) {
      await db.updateTable('hosts').set({ engine_identity: identity }).where('id', '=', id).execute()
    },
    async remove(id) {
      await db.deleteFrom('hosts').where('id', '=', id).execute()
    },
  }
}

/** What was taken once stays, also where the rules for a new one have become stricter: it is only to be one at all. */
function transportOf(text: string): TransportInput {
  return z
    .looseObject({ kind: z.enum(['unix', 'tcp', 'tls', 'ssh']) })
    .parse(JSON.parse(text)) as TransportInput
}
