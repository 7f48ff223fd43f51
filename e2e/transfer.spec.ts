import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, registerLab, succeeded, test } from './fixtures.ts'
import { run } from './lab/run.ts'
import { engineNames, labRegistry, requireLab } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { everyLookAt } from './looks.ts'

const prefix = `e2epull-${randomUUID().slice(0, 6)}`
const reference = () => `${labRegistry('open').address}/${prefix}/app:1`
test.afterAll(async () => {
  for (const engine of engineNames) await witness(engine, ['rmi', '-f', reference()]).catch(() => {})
})

test('an image is pulled on every engine, and pushed under another name', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const archive = `docker-archive:${join(requireLab().folder, 'images.tar')}:lab.internal/web:2.0`
  await run('skopeo', ['copy', '--quiet', '--dest-tls-verify=false', archive, `docker://${reference()}`])
  await page.goto('/images')
  await page.getByRole('button', { name: 'Pull…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Pull an image' })
  await dialog.getByLabel('Image', { exact: true }).fill('NO')
  await expect(dialog.getByText('This is no image reference')).toBeVisible()
  await dialog.getByLabel('Image', { exact: true }).fill(reference())
  for (const engine of engineNames) await dialog.getByRole('checkbox', { name: engine }).check()
  await everyLookAt(page, 'pull')
  await dialog.getByRole('button', { name: 'Pull on 8 hosts' }).click()
  const tray = page.getByRole('dialog', { name: 'Tasks' })
  const task = tray
    .getByRole('listitem')
    .filter({ hasText: `Pull ${reference()}` })
    .first()
  await succeeded(task)
  await page.keyboard.press('Escape')
  for (const engine of engineNames)
    expect((await witness(engine, ['images', '-q', reference()])).stdout.trim(), engine).not.toBe('')

  await page.getByRole('searchbox').fill(prefix)
  await page.getByRole('button', { name: /^More actions/ }).click()
  await page.getByRole('menuitem', { name: 'Push…' }).click()
  const push = page.getByRole('dialog', { name: 'Push an image' })
  await push.getByLabel('Tag').selectOption(reference())
  await push.getByRole('button', { name: 'Push', exact: true }).click()
  const pushed = tray
    .getByRole('listitem')
    .filter({ hasText: `Push ${reference()}` })
    .first()
  await succeeded(pushed)
})
