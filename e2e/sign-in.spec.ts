import type { APIRequestContext, Browser, Page } from '@playwright/test'
import type { MadeLink } from '#lib/contracts/users.ts'
import { totpCode, totpStep } from '#server/identity/totp.ts'
import { e2eOrigin } from './address.ts'
import { expect, test } from './fixtures.ts'
import { check } from './looks.ts'

const password = 'a long enough password'

/** A person of this test alone, signed in in a browser of their own. */
async function newPerson(api: APIRequestContext, browser: Browser) {
  const email = `${Math.random().toString(36).slice(2, 10)}@example.com`
  const answer = await api.post('/api/invitations', {
    data: { name: 'Toni', email, role: 'viewer' },
    headers: { origin: e2eOrigin },
  })
  const { url } = (await answer.json()) as MadeLink
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  await page.goto(url)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page).toHaveURL(`${e2eOrigin}/`)
  return { email, context, page }
}

async function givePassword(page: Page, email: string): Promise<void> {
  await page.goto(`${e2eOrigin}/login`)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('an authenticator: set up with a fresh proof, asked for at sign-in, recovered from', async ({
  api,
  browser,
}) => {
  const { email, context, page } = await newPerson(api, browser)
  await page.goto(`${e2eOrigin}/account`)
  // As after ten minutes: the first request is refused, the dialog asks, and the request is repeated by itself.
  const refusal = { error: { code: 'fresh_sign_in_needed', message: 'x' } }
  await page.route('**/api/account/totp', (route) => route.fulfill({ status: 403, json: refusal }), {
    times: 1,
  })
  await page.getByRole('button', { name: 'Set up an authenticator app…' }).click()
  const proof = page.getByRole('dialog', { name: 'Is it you?' })
  await proof.getByLabel('Your password').fill('not the password')
  await page.keyboard.press('Enter')
  await expect(proof.getByRole('alert')).toContainText('password is wrong')
  await proof.getByLabel('Your password').fill(password)
  await page.keyboard.press('Enter')
  await expect(proof).toBeHidden()

  const setUp = page.getByRole('dialog')
  // Black on white in the dark as well: on the dialog's own ground no phone would read it.
  await page.emulateMedia({ colorScheme: 'dark' })
  const code = setUp.getByRole('img', { name: 'QR code with the secret' })
  await expect(code.locator('rect')).toHaveCSS('fill', 'rgb(255, 255, 255)')
  await expect(code.locator('path')).toHaveCSS('fill', 'rgb(0, 0, 0)')
  await page.screenshot({ path: 'test-results/looks/totp-dark-390.png' })
  await check(page)
  const secret = (await setUp.locator('pre').textContent()) ?? ''
  const step = totpStep(Date.now())
  await setUp.getByLabel('Code of the app').fill(totpCode(secret, step - 1))
  await page.keyboard.press('Enter')
  await expect(setUp).toContainText('Your recovery codes')
  const codes = ((await setUp.locator('pre').textContent()) ?? '').split('\n')
  expect(codes).toHaveLength(10)
  await setUp.getByRole('button', { name: 'I have kept them' }).click()
  await expect(page.getByText('10 left')).toBeVisible()
  await check(page)

  await context.clearCookies()
  await givePassword(page, email)
  await expect(page.getByRole('heading', { name: 'Second step' })).toBeVisible()
  await check(page)
  // A reload, and whatever address: nobody is signed in yet.
  await page.goto(`${e2eOrigin}/containers`)
  await expect(page).toHaveURL(/\/login/)
  await page.getByLabel('Code').fill(totpCode(secret, step - 1))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert').first()).toContainText('wrong, or was used already')
  await page.getByLabel('Code').fill(codes[0] ?? '')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${e2eOrigin}/containers`)
  await context.close()
})

test('a passkey: made, signed in with, and given as a proof', async ({ api, browser }) => {
  const { context, page } = await newPerson(api, browser)
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.goto(`${e2eOrigin}/account`)
  await page.getByRole('button', { name: 'Add a passkey…' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('My laptop')
  await check(page)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toContainText('Your recovery codes')
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByRole('button', { name: 'Rename the passkey My laptop…' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('My phone')
  await check(page)
  await page.keyboard.press('Enter')
  await expect(page.getByText('My phone')).toBeVisible()
  await expect(page.getByText(/^made .* not used yet · at localhost$/)).toBeVisible()
  await check(page)

  await context.clearCookies()
  await page.goto(`${e2eOrigin}/login?next=/account`)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await expect(page).toHaveURL(`${e2eOrigin}/account`)
  await expect(page.getByText(/last used .* at localhost$/)).toBeVisible()

  const refusal = { error: { code: 'fresh_sign_in_needed', message: 'x' } }
  await page.route('**/api/account/passkeys/*', (route) => route.fulfill({ status: 403, json: refusal }), {
    times: 1,
  })
  await page.getByRole('button', { name: 'Remove the passkey My phone…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  const proof = page.getByRole('dialog', { name: 'Is it you?' })
  await expect(proof).toContainText('asks for one of your passkeys')
  await check(page)
  await proof.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByText('My phone')).toHaveCount(0)
  await expect(page.getByText('None. Whoever learns your password can sign in.')).toBeVisible()
  await context.close()
})
