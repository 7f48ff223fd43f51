import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import type { PasswordHashing } from '../identity/identity.ts'
import { createLog } from '../log.ts'

export interface AppUnderTest {
  app: App
  origin: string
  dataFolder: string
  /** Set after `setUp` or `signIn`. */
  cookie: string
  /** A JSON request as our own pages make it, signed in when there is a cookie. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; json: never; headers: Headers }>
  /** Makes the administrator and stays signed in as them. */
  setUp(): Promise<void>
  close(): Promise<void>
}

export const administrator = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }

const hashOf = (password: string) => createHash('sha256').update(password).digest('hex')
/** A test signs in a dozen times: a scrypt each is most of what it takes. `server/start.test.ts` and the pages have scrypt. */
const quickPasswords: PasswordHashing = {
  hash: async (password) => hashOf(password),
  verify: async ({ hash, password }) => hash === hashOf(password),
}

/** The whole server without pages, on a port of its own and with data of its own. */
export async function startApp(
  environment: Record<string, string> = {},
  folder?: string,
  options: { jsonDeadlineMs?: number; passwords?: PasswordHashing | undefined } = {},
): Promise<AppUnderTest> {
  const dataFolder = folder ?? mkdtempSync(join(tmpdir(), 'roadstead-test-'))
  const config = readConfig({
    NODE_ENV: 'test',
    ROADSTEAD_PORT: '0',
    ROADSTEAD_DATA: dataFolder,
    ...environment,
  })
  const app = await createApp(config, createLog('silent'), {
    pages: false,
    passwords: quickPasswords,
    ...options,
  })
  const origin = `http://localhost:${await app.listen()}`
  const test: AppUnderTest = {
    app,
    origin,
    dataFolder,
    cookie: '',
    async call(method, path, body, headers = {}) {
      const answer = await fetch(origin + path, {
        method,
        headers: {
          origin,
          ...(test.cookie ? { cookie: test.cookie } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        json: (text === '' ? undefined : JSON.parse(text)) as never,
        headers: answer.headers,
      }
    },
    async setUp() {
      const answer = await test.call('POST', '/api/setup', {
        ...administrator,
        token: await app.setup.token(),
      })
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.json))
      test.cookie = cookieOf(answer.headers)
    },
    async close() {
      await app.close()
      if (!folder) rmSync(dataFolder, { recursive: true, force: true })
    },
  }
  return test
}

export function cookieOf(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
}
