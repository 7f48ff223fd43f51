import { request } from 'node:http'
import { WebSocket } from 'ws'
import type { ActName } from '#lib/acts.ts'
import type { MadeToken, Session } from '#lib/contracts/account.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import type { AppUnderTest } from './app-under-test.ts'

/**
 * A request: method, path, body; bytes are a file's. `SOCKET` is a socket of the dashboard's with what is said first,
 * `UPGRADE` a raw stream of the gateway's.
 */
export type Asked = readonly [method: string, path: string, body?: unknown]

/** One act by each of the doors that has it. */
export interface ByDoor {
  act: ActName
  dashboard?: Asked
  /** Below the host, without a version. */
  gateway?: Asked
}

/** Somebody at both doors: their session, and a token of all that they may. */
export interface Visitor {
  call: AppUnderTest['call']
  cookie: string
  token: string
}

export async function visitor(
  test: AppUnderTest,
  { call, cookie }: Pick<Visitor, 'call' | 'cookie'>,
): Promise<Visitor> {
  const { permissions } = (await call('GET', '/api/session')).json as Session
  const named = permissions.filter((permission) => permission !== 'users.edit')
  const made = await test.call(
    'POST',
    '/api/account/tokens',
    { name: 't', permissions: named, hours: 1 },
    { cookie },
  )
  return { call, cookie, token: (made.json as MadeToken).token }
}

/** What the dashboard says, after the task that it may have begun; 'denied' also where the thing is hidden. */
export async function byDashboard(test: AppUnderTest, { cookie }: Visitor, [method, path, body]: Asked) {
  const headers = { cookie, origin: test.origin }
  if (method === 'SOCKET') return bySocket(test.origin.replace('http', 'ws') + path, headers, body)
  const answer = await fetch(test.origin + path, {
    method,
    ...sent(body, 'application/octet-stream', headers),
  })
  // The rest of what comes is not waited for: an export goes on.
  if (answer.ok && !answer.headers.get('content-type')?.includes('json')) return leave(answer)
  const text = await answer.text()
  if (answer.status === 401 || answer.status === 403 || answer.status === 404)
    return told(answer.status, text)
  const task = text.startsWith('{"id":') ? (JSON.parse(text) as Task) : null
  if (!task?.steps) return 'allowed'
  for (;;) {
    const now = test.app.tasks.list(principal).find(({ id }) => id === task.id)
    const error = now?.steps[0]?.error?.code
    // Volumes are no one's by themselves: one that is not there was asked for at its engine.
    if (error) return /denied|(?<!volume)_not_found$/.test(error) ? 'denied' : 'allowed'
    if (now && now.state !== 'running' && now.state !== 'queued') return 'allowed'
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Who sees every task. */
const principal = { userId: '', sessionId: '', name: '', email: '', role: 'administrator' } as const

export async function byGateway(
  test: AppUnderTest,
  { token }: Pick<Visitor, 'token'>,
  hostId: string,
  [method, path, body]: Asked,
) {
  // Some of Podman's own endpoints take no version of Docker's.
  const version = path.startsWith('/libpod/') ? 'v4.0.0' : 'v1.41'
  const url = `${test.origin}/h/${hostId}/${version}${path}`
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
  if (method === 'UPGRADE') return byUpgrade(url, headers)
  const answer = await fetch(url, {
    method,
    ...sent(body, 'application/x-tar', headers),
    signal: AbortSignal.timeout(20_000),
  })
  // Logs and exports may go on.
  return answer.status === 401 || answer.status === 403 || answer.status === 404
    ? told(answer.status, await answer.text())
    : leave(answer)
}

async function leave(answer: Response) {
  await answer.body?.cancel()
  return 'allowed'
}

function sent(body: unknown, ofBytes: string, headers: Record<string, string>) {
  if (body === undefined) return { headers }
  const isBytes = Buffer.isBuffer(body)
  return {
    headers: { ...headers, 'content-type': isBytes ? ofBytes : 'application/json' },
    body: isBytes ? new Uint8Array(body) : JSON.stringify(body),
  }
}

function bySocket(url: string, headers: Record<string, string>, hello: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.on('error', reject)
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy()
      resolve(statusCode === 401 ? 'signed out' : 'denied')
    })
    socket.on('open', () => socket.send(JSON.stringify(hello)))
    socket.on('message', (data, isBinary) => {
      const frame = isBinary ? null : JSON.parse(String(data))
      socket.close()
      resolve(/^denied$|^policy_target$|_not_found$/.test(frame?.error?.code) ? 'denied' : 'allowed')
    })
  })
}

function byUpgrade(url: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      headers: { ...headers, connection: 'Upgrade', upgrade: 'tcp' },
    })
    asked.on('error', reject)
    asked.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve('allowed')
    })
    asked.on('response', async (answer) => {
      let text = ''
      for await (const chunk of answer) text += chunk
      resolve(told(answer.statusCode ?? 0, text))
    })
    asked.end()
  })
}

/** An engine says itself that it has not what was asked for. */
function told(status: number, text: string): string {
  if (status === 401) return 'signed out'
  if (status === 403) return 'denied'
  return status === 404 && /NotFound|not_found|No such container|no such exec/i.test(text)
    ? 'denied'
    : 'allowed'
}
