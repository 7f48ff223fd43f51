import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startApp } from './testing/app-under-test.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-start-'))
  folders.push(folder)
  return folder
}

/** Starts the real entry and waits for its end. */
function start(environment: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['server/index.ts', '--dev'], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      ROADSTEAD_LOG: 'silent',
      ...environment,
    } as NodeJS.ProcessEnv,
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, stderr })))
}

async function usedFolder(): Promise<string> {
  const folder = makeFolder()
  const app = await startApp({}, folder)
  await app.setUp()
  await app.close()
  return folder
}

describe('a start that cannot work ends with one clear line', () => {
  const oneLine = (stderr: string) => stderr.trim().split('\n')

  it('names a wrong setting', async () => {
    const { code, stderr } = await start({ ROADSTEAD_DATA: makeFolder(), ROADSTEAD_PORT: 'eighty' })
    expect(code).toBe(1)
    expect(oneLine(stderr)).toEqual([expect.stringMatching(/ROADSTEAD_PORT/)])
  })

  it('names a proxy list that is none', async () => {
    const { code, stderr } = await start({
      ROADSTEAD_DATA: makeFolder(),
      ROADSTEAD_TRUSTED_PROXIES: '10.0.0.1/99',
    })
    expect([code, oneLine(stderr).length]).toEqual([1, 1])
    expect(stderr).toContain('ROADSTEAD_TRUSTED_PROXIES')
  })

  it('says that the data folder cannot be written', async () => {
    const file = join(makeFolder(), 'a-file')
    writeFileSync(file, '')
    const { code, stderr } = await start({ ROADSTEAD_DATA: file })
    expect([code, oneLine(stderr).length]).toEqual([1, 1])
    expect(stderr).toContain('ROADSTEAD_DATA: cannot write')
  })

  it('refuses another key than the one the database was sealed with', async () => {
    const folder = await usedFolder()
    const { code, stderr } = await start({
      ROADSTEAD_DATA: folder,
      ROADSTEAD_KEY: Buffer.alloc(32, 7).toString('base64'),
    })
    expect([code, oneLine(stderr).length]).toEqual([1, 1])
    expect(stderr).toContain('not the one this database was sealed with')
  })

  it('never makes a new key beside an existing database', async () => {
    const folder = await usedFolder()
    rmSync(join(folder, 'secret.key'))
    const { code, stderr } = await start({ ROADSTEAD_DATA: folder })
    expect(code).toBe(1)
    expect(stderr).toContain('secret.key is missing')
  })

  it('refuses a key that is no key', async () => {
    const { code, stderr } = await start({ ROADSTEAD_DATA: makeFolder(), ROADSTEAD_KEY: 'short' })
    expect(code).toBe(1)
    expect(stderr).toContain('32 bytes')
  })

  it('refuses a damaged database instead of offering a set-up', async () => {
    const folder = await usedFolder()
    const path = join(folder, 'roadstead.db')
    const bytes = readFileSync(path)
    bytes.fill(0x5a, 0, Math.min(bytes.length, 8192))
    writeFileSync(path, bytes)
    const { code, stderr } = await start({ ROADSTEAD_DATA: folder })
    expect([code, oneLine(stderr).length]).toEqual([1, 1])
    expect(stderr).toMatch(/damaged or unreadable/)
  })

  it('says that the port is in use', async () => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const address = blocker.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const app = startApp({ ROADSTEAD_PORT: String(port) })
    await expect(app).rejects.toMatchObject({ code: 'EADDRINUSE' })
    blocker.close()
  })
})
