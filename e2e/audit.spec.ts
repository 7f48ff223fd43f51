import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { AuditEntry } from '#lib/contracts/audit.ts'
import { containersOf, expect, registerLab, row, test } from './fixtures.ts'
import { administrator } from './global-setup.ts'
import { labImages } from './lab/images.ts'
import { witness } from './lab/witness.ts'
import { everyLook } from './looks.ts'

const engine = 'docker-unix'
const name = `e2eaudit-${randomUUID().slice(0, 6)}`

test.afterAll(async () => {
  await witness(engine, ['rm', '-f', name]).catch(() => {})
})

test('a container stopped in the page is on the log with its actor and outcome, and the chain holds', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const args = ['run', '-d', '--name', name, '--stop-timeout', '0', labImages.busybox, 'sleep', '600']
  const id = (await witness(engine, args)).stdout.trim()
  await expect.poll(async () => (await containersOf(api, `name:${name}`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${name}`)
  await page.goto(`/containers?filter=${name}`)
  const line = row(page, `${container?.hostId}/${id}`)
  await line.getByRole('button', { name: /actions/i }).click()
  await page.getByRole('menuitem', { name: 'Stop', exact: true }).click()
  await expect(line).toContainText('exited')

  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByLabel('Find in everything').fill(name)
  const record = page.getByRole('row').filter({ hasText: 'containers.stop' })
  await expect(record).toHaveCount(1)
  await expect(record).toContainText(`${administrator.name} stopped ${name} on ${engine}`)
  for (const word of [administrator.name, name, engine, 'Succeeded']) await expect(record).toContainText(word)
  await expect(page).toHaveURL(new RegExp(`text=${name}`))
  await record.getByRole('button').click()
  const drawer = page.getByRole('dialog')
  for (const word of [administrator.email, id, 'Signed in', 'Intent', 'Outcome'])
    await expect(drawer.getByText(word).first()).toBeVisible()
  // The address holds it all: passed on, it shows the same.
  await page.reload()
  await expect(drawer.getByText(id)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()

  await page.getByLabel('Result').selectOption('Denied')
  await expect(page.getByText('Nothing fits this filter')).toBeVisible()
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByLabel('Action', { exact: true }).fill('containers.stop')
  const exported = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export' }).click()
  const text = await readFile(await (await exported).path(), 'utf8')
  const entries = text
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each) as AuditEntry)
  expect(entries.filter(({ objectId }) => objectId === id).map(({ kind }) => kind)).toEqual([
    'intent',
    'outcome',
  ])
  expect(entries.every(({ action }) => action === 'containers.stop')).toBe(true)

  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await expect(page.getByText(/The chain holds: [\d,]+ entries/)).toBeVisible()
})

everyLook('the audit log', async ({ page, look }) => {
  await page.goto('/audit?action=account.signIn')
  const newest = page.locator('[data-row]').first()
  await expect(newest).toContainText('account.signIn')
  await expect(page.getByText('syslog udp://127.0.0.1:9: all entries are there')).toBeVisible()
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await expect(page.getByText(/The chain holds/)).toBeVisible()
  await look('audit-list')
  await newest.click()
  await expect(page.getByRole('dialog').getByText('In the chain')).toBeVisible()
  await look('audit-drawer')
})
