import { readFileSync } from 'node:fs'
import { expect, hostsOf, registerLab, test } from './fixtures.ts'
import { labEngine } from './lab/state.ts'

test('every transport of the lab is online', async ({ signedIn: page, api }) => {
  const hosts = await registerLab(api)
  expect(new Set(hosts.map((host) => host.transport.kind))).toEqual(new Set(['unix', 'tcp', 'tls', 'ssh']))
  await page.goto('/hosts')
  for (const host of hosts)
    await expect(page.getByRole('row').filter({ hasText: host.name })).toContainText('online')
})

test('an SSH host is added through a jump host, after both host keys were shown and accepted', async ({
  signedIn: page,
  api,
}) => {
  const { transport } = labEngine('docker-ssh')
  if (transport.kind !== 'ssh' || !transport.jump) throw new Error('docker-ssh has no jump host')
  await page.goto('/hosts/add')
  await page
    .getByLabel('Address')
    .first()
    .fill(transport.addressBehindJump ?? '')
  await page
    .getByRole('textbox', { name: 'Private key', exact: true })
    .first()
    .fill(readFileSync(transport.encryptedKeyPath, 'utf8'))
  await page.getByLabel('Passphrase of the key').first().fill('wrong')
  await page.getByRole('switch', { name: 'Through a jump host' }).check()
  const jump = page.getByRole('group', { name: 'Jump host' })
  await jump.getByRole('textbox', { name: 'Address' }).fill(transport.jump.host)
  await jump
    .getByRole('textbox', { name: 'Private key', exact: true })
    .fill(readFileSync(transport.jump.keyPath, 'utf8'))
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('behind-the-bastion')
  await page.getByRole('button', { name: 'Test the connection' }).click()
  await expect(page.getByText('The passphrase does not open this key')).toBeVisible()

  await page.getByLabel('Passphrase of the key').first().fill(transport.passphrase)
  await page.getByRole('button', { name: 'Test again' }).click()
  await expect(page.getByText(transport.jump.hostKeyFingerprint)).toBeVisible()
  await page.getByRole('button', { name: 'The fingerprints agree: accept' }).click()
  await expect(page.getByText(transport.hostKeyFingerprint)).toBeVisible()
  await page.getByRole('button', { name: 'The fingerprints agree: accept' }).click()
  await expect(page.getByText('The connection works.')).toBeVisible()
  await expect(page.getByRole('listitem').filter({ hasText: 'Socket' })).toContainText('/run/docker.sock')
  await page.getByRole('button', { name: 'Save host' }).click()
  await expect(page).toHaveURL(/\/hosts\?open=/)
  await expect(page.getByRole('row').filter({ hasText: 'behind-the-bastion' })).toContainText('online')

  const host = (await hostsOf(api)).find((each) => each.name === 'behind-the-bastion')
  expect(JSON.stringify(host)).not.toContain('PRIVATE KEY')
  expect(JSON.stringify(host)).not.toContain(transport.passphrase)

  await page.getByRole('dialog').getByRole('button', { name: 'behind-the-bastion' }).click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  await page.getByRole('button', { name: 'Remove host' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'behind-the-bastion' })).toHaveCount(0)
})

test('a failing test names its step and the remedy', async ({ signedIn: page }) => {
  await page.goto('/hosts/add')
  await page.getByRole('radio', { name: /Plain TCP/ }).check({ force: true })
  await page.getByRole('textbox', { name: 'Address' }).fill('127.0.0.1')
  await page.getByRole('textbox', { name: 'Port' }).fill('9')
  await page.getByRole('button', { name: 'Test the connection' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Port answers' })).toContainText(
    'Nothing listens at 127.0.0.1, port 9',
  )
})

test('pause keeps the rows with their age, resume brings them to life', async ({ signedIn: page, api }) => {
  await registerLab(api)
  await page.goto('/hosts')
  const line = page.getByRole('row').filter({ hasText: 'podman-unix' })
  await line.getByRole('button', { name: 'podman-unix' }).click()
  await page.getByRole('menuitem', { name: 'Pause' }).click()
  await expect(line).toContainText('paused')
  await page.goto('/containers?filter=host:podman-unix')
  await expect(page.getByRole('row').filter({ hasText: 'chatter' })).toContainText('old')
  await page.goto('/hosts')
  await line.getByRole('button', { name: 'podman-unix' }).click()
  await page.getByRole('menuitem', { name: 'Resume' }).click()
  await expect(line).toContainText('online')
})
