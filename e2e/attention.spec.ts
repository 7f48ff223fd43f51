import { expect, registerLab, test } from './fixtures.ts'

test.beforeEach(async ({ api }) => {
  await registerLab(api)
})

test('a failure on many hosts is one row, is acknowledged with a reason, and taken back', async ({
  signedIn: page,
}) => {
  await page.goto('/')
  const attention = page.getByRole('region', { name: 'Needs attention' })
  const group = attention.getByRole('listitem').filter({ hasText: 'Unhealthy' }).filter({ hasText: 'sick' })
  await expect(group).toHaveCount(1)
  await expect(group).toContainText('on 8 hosts')
  await group.getByRole('button', { name: 'Show each' }).click()
  await expect(group).toHaveCount(9)
  await group
    .filter({ hasText: 'on docker28-tcp' })
    .last()
    .getByRole('button', { name: 'Acknowledge sick' })
    .click()
  const dialog = page.getByRole('dialog', { name: 'Acknowledge sick?' })
  await dialog.getByRole('textbox', { name: 'Note' }).fill('sick by design')
  await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click()
  await expect(dialog).toHaveCount(0)
  await expect(group.first()).toContainText('on 7 hosts')

  await attention.getByRole('button', { name: 'Show 1 acknowledged' }).click()
  const seen = attention.getByRole('list', { name: 'Acknowledged' }).getByRole('listitem')
  await expect(seen).toContainText('docker28-tcp')
  await expect(seen).toContainText(/acknowledged by Ada .*: sick by design/)
  await seen.getByRole('button', { name: 'Take back sick' }).click()
  await expect(seen).toHaveCount(0)
  await expect(group.first()).toContainText('on 8 hosts')
})
