import { WebSocket } from 'ws'
import type { CustomRole, Grant, NewGrant } from '#lib/contracts/access.ts'
import type { MadeLink, People } from '#lib/contracts/users.ts'
import { grantablePermissions, type Permission, type Role } from '#lib/permissions.ts'
import { type AppUnderTest, cookieOf } from './app-under-test.ts'

export interface Somebody {
  id: string
  cookie: string
  /** A request of theirs. */
  call: AppUnderTest['call']
  /** A socket of theirs, its messages as they came. */
  socket(
    path: string,
    hello: unknown,
  ): Promise<{ socket: WebSocket; texts: string[]; closed: Promise<number> }>
}

/** Invites somebody, who joins. */
export async function join(test: AppUnderTest, name: string, role: Role | null): Promise<Somebody> {
  const email = `${name}@example.com`
  const made = await test.call('POST', '/api/invitations', { name, email, role })
  const token = new URL((made.json as MadeLink).url).hash.slice(1)
  const joined = await test.call(
    ...(['POST', '/api/join', { token, password: 'a long enough password' }, { cookie: '' }] as const),
  )
  const cookie = cookieOf(joined.headers)
  const { users } = (await test.call('GET', '/api/users')).json as People
  return {
    id: users.find((user) => user.email === email)?.id ?? '',
    cookie,
    call: (method, path, body, headers) => test.call(method, path, body, { cookie, ...headers }),
    async socket(path, hello) {
      const headers = { cookie, origin: test.origin }
      const socket = new WebSocket(test.origin.replace('http', 'ws') + path, { headers })
      const texts: string[] = []
      socket.on('message', (data) => texts.push(String(data)))
      const closed = new Promise<number>((resolve) => socket.once('close', resolve))
      await new Promise((resolve, reject) => {
        socket.once('open', resolve)
        socket.once('error', reject)
      })
      socket.send(JSON.stringify(hello))
      return { socket, texts, closed }
    },
  }
}

export async function give(
  test: AppUnderTest,
  { id }: Pick<Somebody, 'id'>,
  grant: NewGrant,
): Promise<Grant> {
  const answer = await test.call('POST', `/api/users/${id}/grants`, grant)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.json))
  return answer.json
}

/** A role of these permissions, or of all that a role can have. */
export async function makeRole(
  test: AppUnderTest,
  name: string,
  permissions: readonly Permission[] = grantablePermissions,
): Promise<string> {
  const answer = await test.call('POST', '/api/roles', { name, permissions })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.json))
  return (answer.json as CustomRole).id
}
