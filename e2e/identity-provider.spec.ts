import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { totpCode, totpStep } from '#server/auth/totp.ts'
import { startIdentityProvider } from '#server/testing/identity-provider.ts'
import { administrator } from './global-setup.ts'
import { check } from './looks.ts'
import { setUpToken } from './set-up-token.ts'

const people = {
  vera: { email: 'vera@example.com', email_verified: true, name: 'Vera', groups: ['staff'] },
  eve: { email: 'eve@example.com', email_verified: true, name: 'Eve', groups: ['elsewhere'] },
}

/** A server of its own, which signs people in by a provider in this process. */
let origin: string
let end: () => Promise<void>
test.beforeAll(async () => {
  const provider = await startIdentityProvider(people)
  const data = mkdtempSync(join(tmpdir(), 'roadstead-oidc-'))
  const port = await freePort()
  origin = `http://localhost:${port}`
  provider.serve(origin)
  const server = spawn('node', ['server/index.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...provider.environment,
      ...{
        NODE_ENV: 'production',
        ROADSTEAD_PORT: String(port),
        ROADSTEAD_DATA: data,
        ROADSTEAD_LOG: 'warn',
      },
      ROADSTEAD_LOCAL_SIGN_IN: administrator.email,
      ROADSTEAD_SECOND_FACTOR: 'required',
    },
  })
  end = async () => {
    server.kill('SIGTERM')
    await new Promise((resolve) => server.once('exit', resolve))
    await provider.close()
    rmSync(data, { recursive: true, force: true })
  }
  const token = await setUpToken(server)
  const answer = await fetch(`${origin}/api/setup`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ ...administrator, token }),
  })
  expect(answer.status, await answer.text()).toBe(200)
})
test.afterAll(() => end?.())

async function signInAtProvider(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign in with Example ID' }).click()
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('x')
  await page.getByRole('button', { name: 'Sign-in' }).click()
}

test('by the identity provider to where one wanted to go, with a role or not at all', async ({
  page,
  browser,
}) => {
  await page.goto(`${origin}/account`)
  await expect(page).toHaveURL(`${origin}/login?next=%2Faccount`)
  await expect(page.getByRole('button', { name: 'Sign in with Example ID' })).toBeVisible()
  // Only the named administrators have a password to give.
  await expect(page.getByRole('textbox')).toHaveCount(0)
  await check(page)
  await signInAtProvider(page, 'vera')
  await expect(page).toHaveURL(`${origin}/account`)
  await expect(page.getByText('vera@example.com').first()).toBeVisible()
  await expect(page.getByText('Viewer', { exact: true }).first()).toBeVisible()
  await page.reload()
  await expect(page).toHaveURL(`${origin}/account`)

  const context = await browser.newContext()
  const other = await context.newPage()
  await other.goto(`${origin}/login`)
  await signInAtProvider(other, 'eve')
  await expect(other.getByRole('alert').first()).toContainText('You have no access to Roadstead')
  await other.goto(`${origin}/`)
  await expect(other).toHaveURL(/\/login/)

  await other.getByRole('button', { name: 'Sign in as one of the administrators with a password' }).click()
  await other.getByRole('textbox', { name: 'E-mail' }).fill(administrator.email)
  await other.getByRole('textbox', { name: 'Password' }).fill(administrator.password)
  await other.getByRole('button', { name: 'Sign in', exact: true }).click()
  // Whoever comes by a password needs a second factor here, before anything else.
  await expect(other.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible()
  await other.goto(`${origin}/containers`)
  await expect(other).toHaveURL(`${origin}/second-factor`)
  await check(other)
  await other.getByRole('button', { name: 'Set up an authenticator app…' }).click()
  const dialog = other.getByRole('dialog')
  const secret = (await dialog.locator('pre').textContent()) ?? ''
  await dialog.getByLabel('Code of the app').fill(totpCode(secret, totpStep(Date.now())))
  await other.keyboard.press('Enter')
  await other.getByRole('button', { name: 'I have kept them' }).click()
  await other.getByRole('button', { name: 'Continue to Roadstead' }).click()
  await expect(other).toHaveURL(`${origin}/`)
  await context.close()
})

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound ? bound.port : 0))
    })
  })
}
