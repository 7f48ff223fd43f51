import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import type { MadeLink } from '#lib/contracts/users.ts'
import { totpCode, totpStep } from '#server/identity/totp.ts'
import { startIdentityProvider } from '#server/testing/identity-provider.ts'
import { administrator } from './global-setup.ts'
import { freePort } from './lab/free-port.ts'
import { check } from './looks.ts'
import { setUpToken } from './set-up-token.ts'

const people = {
  vera: { email: 'vera@example.com', email_verified: true, name: 'Vera', groups: ['staff'] },
  ada: { email: 'ada@elsewhere.example', email_verified: true, name: 'Ada', groups: ['staff'] },
  eve: { email: 'eve@example.com', email_verified: true, name: 'Eve', groups: ['elsewhere'] },
}

const toni = 'toni@example.com'

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
      NODE_ENV: 'production',
      ROADSTEAD_PORT: String(port),
      ROADSTEAD_DATA: data,
      ROADSTEAD_LOG: 'warn',
      ROADSTEAD_LOCAL_SIGN_IN: `${administrator.email},${toni}`,
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
  await answerProvider(page, login)
}

async function answerProvider(page: Page, login: string): Promise<void> {
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
  await context.close()
})

async function givePassword(page: Page, email: string, password: string): Promise<void> {
  await page.goto(`${origin}/login`)
  await page.getByRole('button', { name: 'Sign in as one of the administrators with a password' }).click()
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function setUpAuthenticator(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set up an authenticator app…' }).click()
  const dialog = page.getByRole('dialog')
  const secret = (await dialog.locator('pre').textContent()) ?? ''
  await dialog.getByLabel('Code of the app').fill(totpCode(secret, totpStep(Date.now())))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await expect(page.getByText('10 left')).toBeVisible()
}

test('an account that is there is linked by its owner, and unlinked', async ({ page }) => {
  await givePassword(page, administrator.email, administrator.password)
  await expect(page).toHaveURL(`${origin}/`)
  await page.goto(`${origin}/account`)
  await page.getByRole('button', { name: 'Link Example ID…' }).click()
  await answerProvider(page, 'ada')
  await expect(page).toHaveURL(`${origin}/account#provider`)
  await expect(page.getByText('Its button on the sign-in page signs you in.')).toBeVisible()
  await check(page)
  await page.getByRole('button', { name: 'Unlink…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click()
  await expect(page.getByRole('button', { name: 'Link Example ID…' })).toBeVisible()
})

test('a second factor is required of everybody by who has one, and taken away by an administrator', async ({
  page,
  browser,
}) => {
  // Three people one after the other: it came near to the usual limit on two busy cores.
  test.slow()
  await givePassword(page, administrator.email, administrator.password)
  await expect(page).toHaveURL(`${origin}/`)
  const invited = await page.request.post(`${origin}/api/invitations`, {
    data: { name: 'Toni', email: toni, role: 'viewer' },
    headers: { origin },
  })
  const context = await browser.newContext()
  const other = await context.newPage()
  await other.goto(((await invited.json()) as MadeLink).url)
  await other.getByLabel('Password', { exact: true }).fill('a long enough password')
  await other.getByRole('button', { name: 'Join' }).click()
  await expect(other).toHaveURL(`${origin}/`)

  await page.goto(`${origin}/users`)
  const rule = page.getByRole('switch', { name: 'Required for everybody' })
  await rule.click()
  await check(page)
  await page.getByRole('dialog').getByRole('link', { name: 'Set up my second factor' }).click()
  await expect(page).toHaveURL(`${origin}/account#second-factor`)
  await setUpAuthenticator(page)
  await page.getByRole('link', { name: 'Users' }).first().click()
  await expect(rule).not.toBeChecked()
  await rule.click()
  await check(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Require it' }).click()
  await expect(rule).toBeChecked()

  // Their page was open all the while.
  await expect(other.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible()
  await other.goto(`${origin}/containers`)
  await expect(other).toHaveURL(`${origin}/second-factor`)
  await check(other)
  await setUpAuthenticator(other)
  await other.getByRole('button', { name: 'Continue to Roadstead' }).click()
  await expect(other).toHaveURL(`${origin}/`)

  await page.reload()
  const line = page.getByRole('row', { name: /Toni/ })
  await expect(line.getByRole('cell', { name: 'app', exact: true })).toBeVisible()
  await check(page)
  await page.getByRole('button', { name: 'Actions for Toni' }).click()
  await page.getByRole('menuitem', { name: 'Remove the second factor…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the second factor' }).click()
  await expect(line.getByRole('cell', { name: 'no second factor' })).toBeVisible()
  await expect(other).toHaveURL(/\/login/)

  await signInAtProvider(other, 'vera')
  await expect(other).toHaveURL(`${origin}/`)
  await page.reload()
  const vera = page.getByRole('row', { name: /Vera/ })
  await expect(vera.getByRole('cell', { name: 'Example ID' })).toBeVisible()
  await page.getByRole('button', { name: 'Actions for Vera' }).click()
  await page.getByRole('menuitem', { name: 'Unlink from Example ID…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click()
  await expect(vera.getByRole('cell', { name: 'no second factor' })).toBeVisible()

  // Unlinking ended that session: the page leaves by itself, and going somewhere meanwhile would be cut off.
  await expect(other).toHaveURL(/\/login/)
  await givePassword(other, toni, 'a long enough password')
  await expect(other.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible()
  await context.close()
})
