import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { e2ePort } from './address.ts'
import { labUp } from './lab/lab.ts'
import { labFolder } from './lab/state.ts'
import { setUpToken } from './set-up-token.ts'

export const administrator = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }

/** A real server of the built pages over the real lab, set up once with every engine of the lab registered. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  await labUp({ say: (line) => process.stdout.write(`  lab: ${line}\n`) })
  const data = mkdtempSync(join(tmpdir(), 'roadstead-e2e-'))
  const { child, token } = await startServer(data)
  process.env.ROADSTEAD_E2E_TOKEN = token
  return async () => {
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
    rmSync(data, { recursive: true, force: true })
  }
}

async function startServer(data: string): Promise<{ child: ChildProcess; token: string }> {
  const child = spawn('node', ['server/index.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      ROADSTEAD_PORT: String(e2ePort),
      ROADSTEAD_DATA: data,
      ROADSTEAD_LOG: 'warn',
      ROADSTEAD_LAB_STATE: join(labFolder(), 'lab.json'),
      // Nobody has to listen.
      ROADSTEAD_AUDIT_SYSLOG: 'udp://127.0.0.1:9',
      // Engines by an address of their own, too.
      ROADSTEAD_ENGINES_DOMAIN: '127.0.0.1',
      ROADSTEAD_ENGINES_PORT: '0',
    },
  })
  return { child, token: await setUpToken(child) }
}
