import type { Page } from '@playwright/test'
import type { People } from '#lib/contracts/users.ts'
import type { Role } from '#lib/permissions.ts'
import { e2eOrigin } from './address.ts'
import { containersOf, expect, registerLab, row, test } from './fixtures.ts'
import { check, everyLook } from './looks.ts'

const password = 'a long enough password'
const unique = () => Math.random().toString(36).slice(2, 8)

/** Invites by the page and gives the link that it shows this once. */
async function invite(page: Page, name: string, email: string, role: Role): Promise<string> {
  await page.goto('/users')
  await page.getByRole('button', { name: 'Invite…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByLabel('E-mail').fill(email)
  await dialog.getByLabel('Role').selectOption(role)
  await dialog.getByRole('button', { name: 'Make the link' }).click()
  const link = dialog.locator('pre')
  await expect(link).toContainText(`${e2eOrigin}/join#`)
  const url = (await link.textContent()) ?? ''
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  return url
}

async function choose(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

test('invited as a viewer, made an operator, disabled', async ({ signedIn: page, api, browser }) => {
  await registerLab(api)
  const [container] = await containersOf(api, 'name:chatter host:docker-unix')
  if (!container) throw new Error('no chatter')
  const name = `Vera ${unique()}`
  const email = `${unique()}@example.com`
  const url = await invite(page, name, email, 'viewer')
  await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('invited')

  const context = await browser.newContext()
  const other = await context.newPage()
  const asked: string[] = []
  other.on('request', (request) => asked.push(request.url()))
  await other.goto(url)
  await expect(other.getByText(`Choose a password for ${email}`)).toBeVisible()
  await check(other)
  await other.getByLabel('Password', { exact: true }).fill(password)
  await other.getByRole('button', { name: 'Join' }).click()
  await expect(other).toHaveURL(`${e2eOrigin}/`)
  // The token is in no request's address: it went in a body.
  const token = new URL(url).hash.slice(1)
  expect(asked.filter((address) => new URL(address).pathname + new URL(address).search).join()).not.toContain(
    `?${token}`,
  )
  expect(asked.some((address) => address.split('#')[0]?.includes(token))).toBe(false)

  const restart = () =>
    context.request.post(`${e2eOrigin}/api/hosts/${container.hostId}/containers/${container.id}/restart`, {
      data: { graceSeconds: 0 },
      headers: { origin: e2eOrigin },
    })
  await other.goto(`${e2eOrigin}/containers?filter=name:chatter+host:docker-unix`)
  const line = row(other, `${container.hostId}/${container.id}`)
  await expect(line).toBeVisible()
  await line.getByRole('button', { name: /^More actions/ }).click()
  for (const action of ['Start', 'Stop', 'Restart', 'Kill', 'Remove', 'Logs', 'Terminal'])
    await expect(other.getByRole('menuitem', { name: new RegExp(`^${action}`) })).toHaveCount(0)
  await other.keyboard.press('Escape')
  await expect(other.getByRole('link', { name: 'Users' })).toHaveCount(0)
  expect((await restart()).status()).toBe(403)
  expect((await context.request.get(`${e2eOrigin}/api/users`)).status()).toBe(403)

  const signInAgain = async () => {
    // Told by the live socket, with no request of the page's own.
    await expect(other).toHaveURL(/\/login/)
    await other.getByRole('textbox', { name: 'E-mail' }).fill(email)
    await other.getByRole('textbox', { name: 'Password' }).fill(password)
    await other.getByRole('button', { name: 'Sign in' }).click()
  }
  await page.reload()
  await choose(page, name, 'Change the role…')
  await page.getByRole('dialog').getByLabel('Role').selectOption('operator')
  await page.getByRole('dialog').getByRole('button', { name: 'Change the role' }).click()
  await signInAgain()
  await expect(line).toBeVisible()
  await line.getByRole('button', { name: /^More actions/ }).click()
  await expect(other.getByRole('menuitem', { name: /^Restart/ })).toBeVisible()
  await expect(other.getByRole('menuitem', { name: /^Terminal/ })).toHaveCount(0)
  await other.keyboard.press('Escape')
  const done = await restart()
  expect(done.status(), await done.text()).toBe(200)

  await choose(page, name, 'Disable…')
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await signInAgain()
  await expect(other.getByRole('alert').first()).toContainText('This account is disabled')
  await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('disabled')

  await choose(page, name, 'Remove…')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByRole('row', { name: new RegExp(name) })).toHaveCount(0)
  await context.close()
})

test('a reset by link, and a link that was used', async ({ signedIn: page, browser }) => {
  const name = `Rita ${unique()}`
  const email = `${unique()}@example.com`
  const url = await invite(page, name, email, 'viewer')
  const context = await browser.newContext()
  const other = await context.newPage()
  const use = async (link: string, word: string, button: string) => {
    await other.goto('about:blank')
    await other.goto(link)
    await other.getByLabel('Password', { exact: true }).fill(word)
    await other.getByRole('button', { name: button }).click()
    await expect(other).toHaveURL(`${e2eOrigin}/`)
  }
  await use(url, password, 'Join')
  await page.reload()
  await choose(page, name, 'Reset the password by link…')
  await page.getByRole('dialog').getByRole('button', { name: 'Make the link' }).click()
  const shown = page.getByRole('dialog').locator('pre')
  await expect(shown).toContainText('/join#')
  const reset = (await shown.textContent()) ?? ''
  await page.keyboard.press('Escape')
  await use(reset, 'another long password', 'Set the password')
  await other.goto('about:blank')
  await other.goto(reset)
  await expect(other.getByRole('alert').first()).toContainText('not valid any more')
  await context.close()
})

everyLook('users', async ({ page, look }) => {
  const name = `Olga ${unique()}`
  const url = await invite(page, name, `olga-${unique()}@example.com`, 'operator')
  await expect(page.getByRole('row', { name: new RegExp(name) })).toBeVisible()
  await look('users')
  await page.getByRole('button', { name: 'Invite…' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await look('invite', { within: '[role=dialog]' })
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Actions for Ada' }).click()
  await expect(page.getByRole('menuitem', { name: 'Remove…' })).toBeDisabled()
  await page.goto(url)
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  await look('join')
  await page.goto('/users')
  await choose(page, name, 'Take the link back')
  await expect(page.getByRole('row', { name: new RegExp(name) })).toHaveCount(0)
})

test('of a hundred people one is found by name, and the list opens with its beginning', async ({
  signedIn: page,
  api,
}) => {
  const mark = `crew-${unique()}`
  const headers = { origin: e2eOrigin }
  const people = Array.from({ length: 110 }, (_, index) => `${mark}-${index}`)
  for (const name of people) {
    const data = { name, email: `${name}@example.com`, role: 'viewer' }
    expect((await api.post('/api/invitations', { data, headers })).ok()).toBe(true)
  }
  await page.goto('/users')
  const rows = page.getByRole('table', { name: 'Users' }).getByRole('row').filter({ hasText: mark })
  await expect(rows.first()).toBeVisible()
  expect(await rows.count()).toBeLessThan(100)
  await page.getByRole('button', { name: /^Show \d+ more$/ }).click()
  await expect(rows).toHaveCount(110)
  await page.keyboard.press('/')
  await page.keyboard.type(`viewer ${mark}-107`)
  await expect(rows).toHaveCount(1)
  await expect(page).toHaveURL(/filter=viewer/)
  await check(page)
  await page.keyboard.type('-nobody')
  await expect(page.getByText('Nobody matches the filter.')).toBeVisible()
  const { invitations } = (await (await api.get('/api/users')).json()) as People
  for (const { id } of invitations.filter(({ name }) => name.startsWith(mark)))
    await api.delete(`/api/invitations/${id}`, { headers })
})

const pages = [
  '/',
  '/containers',
  '/images',
  '/logs',
  '/terminal',
  '/registries',
  '/archives',
  '/disk',
  '/hosts',
  '/users',
  '/account',
  '/hosts/add',
  '/containers/new',
]

for (const [role, hidden] of [
  ['viewer', ['/logs', '/terminal', '/users', '/hosts/add', '/containers/new']],
  ['operator', ['/terminal', '/users', '/hosts/add']],
] as const) {
  test(`no page asks for what a ${role} is refused`, async ({ api, browser }) => {
    await registerLab(api)
    const email = `${unique()}@example.com`
    const headers = { origin: e2eOrigin }
    const invited = await api.post('/api/invitations', { data: { name: role, email, role }, headers })
    const token = new URL(((await invited.json()) as { url: string }).url).hash.slice(1)
    const context = await browser.newContext()
    const joined = await context.request.post(`${e2eOrigin}/api/join`, { data: { token, password }, headers })
    expect(joined.status()).toBe(200)
    const page = await context.newPage()
    const refused: string[] = []
    page.on('response', (answer) => {
      if (answer.status() === 403) refused.push(`${answer.request().method()} ${answer.url()}`)
    })
    const [container] = await containersOf(context.request, 'name:chatter host:docker-unix')
    const deep = `/containers/${container?.hostId}/${container?.id}`
    for (const path of [...pages, deep]) {
      await page.goto(e2eOrigin + path)
      await expect(page.locator('main#main')).toBeVisible()
      await expect(page.getByText('Not for your role'), path).toHaveCount(
        hidden.includes(path as never) ? 1 : 0,
      )
    }
    await page.goto(`${e2eOrigin}/images`)
    await expect(page.getByRole('row').filter({ hasText: 'busybox' }).first()).toBeVisible()
    const actions = page.getByRole('button', { name: /^More actions/ })
    if (role === 'viewer') await expect(actions).toHaveCount(0)
    else await expect(actions.first()).toBeVisible()
    await page.goto(e2eOrigin + deep)
    await expect(page.getByRole('tab').first()).toBeVisible()
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click()
      await expect(tab).toHaveAttribute('aria-selected', 'true')
    }
    expect(refused).toEqual([])
    await context.close()
  })
}
