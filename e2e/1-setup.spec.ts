import { expect, test } from '@playwright/test'
import { e2eOrigin } from './address.ts'
import { administrator } from './global-setup.ts'

// Runs first, by its name: it makes the administrator that the other files sign in as.
test('a newcomer sets up with the token, chooses an engine and sees its containers', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveURL(/\/setup/)
  await page.getByRole('textbox', { name: 'One-time token' }).fill('not the token')
  await fillAdministrator(page)
  await page.getByRole('button', { name: 'Make the administrator' }).click()
  await expect(page.getByRole('alert').first()).toContainText('This is not the set-up token')

  await page.getByRole('textbox', { name: 'One-time token' }).fill(process.env.ROADSTEAD_E2E_TOKEN ?? '')
  await page.getByRole('button', { name: 'Make the administrator' }).click()
  const engine = page.getByRole('checkbox', { name: /docker-unix/ })
  await expect(engine).toBeVisible()
  await expect(page.getByText('podman5-tcp')).toBeVisible()
  await page.getByRole('button', { name: /^Add \d+ engines$/ }).click()
  await expect(page).toHaveURL(`${e2eOrigin}/`)
  await page.goto('/containers?filter=host:docker-unix')
  await expect(page.getByRole('row').filter({ hasText: 'chatter' })).toContainText('running')
})

test('set-up cannot be opened again', async ({ request }) => {
  const { name, email, password } = administrator
  const answer = await request.post('/api/setup', {
    data: { token: process.env.ROADSTEAD_E2E_TOKEN, name, email: `second-${email}`, password },
    headers: { origin: e2eOrigin },
  })
  expect(answer.status()).toBe(409)
  expect((await answer.json()).error.code).toBe('setup_done')
})

test('anonymous people get the sign-in page and nothing else', async ({ page, request }) => {
  for (const path of [
    '/api/hosts',
    '/api/containers',
    '/api/images',
    '/api/hosts/h000000000000/containers/x',
    '/api/nowhere',
  ]) {
    expect((await request.get(path)).status(), path).toBe(401)
  }
  await page.goto('/containers?filter=web')
  await expect(page).toHaveURL(/\/login\?next=/)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(administrator.email)
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong password here')
  await page.getByRole('button', { name: /sign in/i }).click()
  await expect(page.getByRole('alert').first()).toContainText('wrong')
  await page.getByRole('textbox', { name: 'Password' }).fill(administrator.password)
  await page.getByRole('button', { name: /sign in/i }).click()
  await expect(page).toHaveURL(/\/containers\?filter=web/)
})

async function fillAdministrator(page: import('@playwright/test').Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(administrator.name)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(administrator.email)
  await page
    .getByLabel(/password/i)
    .first()
    .fill(administrator.password)
}
