import { randomUUID } from 'node:crypto'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Vault } from '../secrets/vault.ts'

/** What a browser is in the middle of, and what the server has to know of it then. */
export interface TicketData {
  /** The password was right. `stamp` changes with it. */
  second: { userId: string; stamp: string }
  /** A passkey was asked for; of somebody signed in, by that session. */
  passkey: { challenge: string; sessionId?: string }
  /** The browser is at the identity provider; of somebody signed in, to prove that session or to link its person. */
  oidc: {
    verifier: string
    state: string
    nonce: string
    redirectUri: string
    since: number
    sessionId?: string
    linking?: true
  }
}
export type TicketPurpose = keyof TicketData

export interface Tickets {
  /** The Set-Cookie value of a new ticket, which replaces an older one of the same purpose. */
  give<P extends TicketPurpose>(purpose: P, data: TicketData[P]): string
  /** Null: none, forged, over or spent. */
  read<P extends TicketPurpose>(purpose: P, headers: Headers): Promise<TicketData[P] | null>
  /** As `read`, and nobody can use it again: of two at once only one gets it. */
  spend<P extends TicketPurpose>(purpose: P, headers: Headers): Promise<TicketData[P] | null>
  /** The Set-Cookie value that takes it away. */
  clear(purpose: TicketPurpose): string
}

const lifeMs = 5 * 60_000

/**
 * The state between two requests of somebody who is not signed in: sealed in a cookie of their own browser, so that the
 * unknown store nothing here. Only what was used up is noted, until it would be over anyway.
 */
export function createTickets(parts: {
  db: Database
  vault: Vault
  basePath: string
  secure: boolean
}): Tickets {
  const { db, vault, basePath, secure } = parts
  const attributes = `Path=${basePath || '/'}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  const open = async <P extends TicketPurpose>(purpose: P, headers: Headers) => {
    const name = `roadstead.${purpose}=`
    const cookie = (headers.get('cookie') ?? '').split(/; */).find((part) => part.startsWith(name))
    if (!cookie) return null
    let ticket: { id: string; until: number; data: TicketData[P] }
    try {
      ticket = JSON.parse(vault.open(cookie.slice(name.length), `ticket.${purpose}`))
    } catch {
      return null
    }
    // One from a time when the clock was ahead would be good until then.
    if (ticket.until < Date.now() || ticket.until > Date.now() + 2 * lifeMs) return null
    const spent = await db
      .selectFrom('spent_tickets')
      .select('id')
      .where('id', '=', ticket.id)
      .executeTakeFirst()
    return spent ? null : ticket
  }
  return {
    give(purpose, data) {
      const ticket = { id: randomUUID(), until: Date.now() + lifeMs, data }
      const sealed = vault.seal(JSON.stringify(ticket), `ticket.${purpose}`)
      return `roadstead.${purpose}=${sealed}; Max-Age=${lifeMs / 1000}; ${attributes}`
    },
    read: async (purpose, headers) => (await open(purpose, headers))?.data ?? null,
    async spend(purpose, headers) {
      const ticket = await open(purpose, headers)
      if (!ticket) return null
      await db.deleteFrom('spent_tickets').where('until', '<', Date.now()).execute()
      try {
        await db.insertInto('spent_tickets').values({ id: ticket.id, until: ticket.until }).execute()
      } catch (cause) {
        throw new AppError('sign_in_step_over', { cause })
      }
      return ticket.data
    },
    clear: (purpose) => `roadstead.${purpose}=; Max-Age=0; ${attributes}`,
  }
}
