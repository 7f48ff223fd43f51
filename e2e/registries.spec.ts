import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Registry } from '#lib/contracts/registries.ts'
import { e2eOrigin } from './address.ts'
import { expect, registerLab, succeeded, test } from './fixtures.ts'
import { run } from './lab/run.ts'
import { labRegistry, requireLab } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { check, everyLookAt } from './looks.ts'

const prefix = `e2ereg-${randomUUID().slice(0, 6)}`
const repository = `${prefix}/app`

test('an account is tested, kept, looked through, pulled with, and forgotten', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const { address, username, password, caPath } = labRegistry('private')
  const archive = `docker-archive:${join(requireLab().folder, 'images.tar')}:lab.internal/web:1.0`
  await run('skopeo', [
    'copy',
    '--quiet',
    '--dest-tls-verify=false',
    '--dest-creds',
    `${username}:${password}`,
    archive,
    `docker://${address}/${repository}:1`,
  ])
  // Of a run that was cut short.
  for (const one of (await (await api.get('/api/registries')).json()) as Registry[])
    if (one.address === address)
      await api.delete(`/api/registries/${one.id}`, { headers: { origin: e2eOrigin } })
  await page.goto('/registries')

  await page.getByRole('button', { name: 'Add a registry' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill(address)
  await dialog.getByLabel('User name').fill(username ?? '')
  await dialog.getByLabel('Password or token').fill('wrong')
  await dialog.getByLabel('Certificate of its authority').fill(readFileSync(caPath as string, 'utf8'))
  await dialog.getByRole('button', { name: 'Test' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await dialog.getByLabel('Password or token').fill(password ?? '')
  await dialog.getByRole('button', { name: 'Test' }).click()
  await expect(dialog.getByText('It answers, and takes the account.')).toBeVisible()
  await dialog.getByRole('checkbox', { name: 'Plain HTTP' }).check()
  await dialog.getByRole('button', { name: 'Test' }).click()
  await expect(dialog.getByRole('alert')).toContainText('would cross the network in the clear')
  await expect(dialog.getByRole('checkbox', { name: 'Send the password in the clear' })).not.toBeChecked()
  await check(page, { within: '[role=dialog]' })
  await dialog.getByRole('checkbox', { name: 'Plain HTTP' }).uncheck()
  await page.screenshot({ path: 'test-results/looks/registry-dialog-light-1440.png' })
  await dialog.getByRole('button', { name: 'Save' }).click()

  await page.getByRole('region', { name: 'Repositories' }).getByRole('button', { name: repository }).click()
  await page.getByRole('button', { name: '1', exact: true }).click()
  await expect(page.getByText('linux/amd64').or(page.getByText('linux/arm64'))).toBeVisible()
  await everyLookAt(page, 'registries')

  const reference = `${address}/${repository}:1`
  await page.getByRole('button', { name: 'Pull…' }).click()
  await dialog.getByRole('checkbox', { name: 'podman5-tcp' }).check()
  await dialog.getByRole('button', { name: 'Pull on 1 host' }).click()
  const tray = page.getByRole('dialog', { name: 'Tasks' })
  await succeeded(
    tray
      .getByRole('listitem')
      .filter({ hasText: `Pull ${reference}` })
      .first(),
  )
  await witness('podman5-tcp', ['rmi', reference])
  await page.keyboard.press('Escape')

  await page.goto('/images')
  await page.getByRole('button', { name: 'Pull…' }).click()
  await dialog.getByLabel('Image', { exact: true }).fill(prefix.slice(0, 8))
  await dialog.getByRole('button', { name: 'Search' }).click()
  await dialog.getByRole('button', { name: `${address}/${repository}` }).click()
  await expect(dialog.getByLabel('Image', { exact: true })).toHaveValue(`${address}/${repository}`)
  await page.screenshot({ path: 'test-results/looks/image-search-light-1440.png' })
  await page.goto('/registries')

  await page.getByRole('button', { name: `Remove: ${address}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByRole('button', { name: `Remove: ${address}` })).toBeHidden()
})
