import type { Access } from '../access/access.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../principal/principal.ts'
import type { Ended } from '../principal/revocation-of-rights.ts'
import type { Identity } from './identity.ts'
import type { Users } from './users.ts'

export interface Previews {
  /** Throws user_not_found, preview_refused. */
  begin(principal: Principal, userId: string): Promise<void>
  leave(principal: Principal): void
  /** A preview ends with the session that it is in, and with the rights of who is previewed. */
  end(ended: Ended): void
}

/**
 * Administrators who look at the dashboard as somebody else sees it. It is bound to their session on the server, where no
 * header or cookie can make or end it; the audit log goes on naming them.
 */
export function createPreviews(parts: {
  access: Pick<Access, 'preview'>
  identity: Pick<Identity, 'rightsChanged'>
  users: Pick<Users, 'person'>
}): Previews {
  const { access, identity, users } = parts
  const open = new Map<string, { principal: Principal; previewed: string }>()
  const leave = (principal: Principal) => {
    if (!open.delete(principal.sessionId)) return
    access.preview(principal, null)
    identity.rightsChanged({ sessionId: principal.sessionId })
  }
  return {
    async begin(principal, userId) {
      const { isDisabled, ...person } = await users.person(userId)
      if (isDisabled || person.role === 'administrator')
        throw new AppError('preview_refused', { objectId: userId })
      open.set(principal.sessionId, { principal, previewed: userId })
      access.preview(principal, person)
      identity.rightsChanged({ sessionId: principal.sessionId })
    },
    leave,
    end(ended) {
      if (ended.changed) return
      for (const { principal, previewed } of Array.from(open.values())) {
        const { sessionId, userId } = principal
        const isOver =
          'userId' in ended
            ? ended.userId === userId || ended.userId === previewed
            : ended.sessionId === sessionId
        if (isOver) leave(principal)
      }
    },
  }
}
