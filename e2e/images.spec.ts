import { expect, registerLab, test } from './fixtures.ts'
import { engineNames } from './lab/state.ts'
import { witness } from './lab/witness.ts'

test('one row for one content on eight hosts; tag, history, and remove of a tag, seen by both CLIs', async ({
  signedIn: page,
  api,
}) => {
  const hosts = await registerLab(api)
  expect(hosts.length).toBeGreaterThanOrEqual(engineNames.length)
  await page.goto('/images?filter=lab.internal/web:2.0')
  const line = page.getByRole('row').filter({ hasText: 'lab.internal/web:2.0' })
  await expect(line).toHaveCount(1)
  await expect(line).toContainText(`${hosts.length} of ${hosts.length}`)
  await line.click()
  const drawer = page.getByRole('dialog')
  await drawer.getByRole('tab', { name: 'History' }).click()
  await expect(drawer).toContainText('COPY www /www')
  await drawer.getByRole('tab', { name: 'Overview' }).click()
  await expect(drawer).toContainText('Every host in scope holds it')

  await drawer.getByRole('button', { name: 'Tag…' }).click()
  await page.getByLabel('New tag').fill('Not Valid')
  await page.getByRole('button', { name: 'Add tag' }).click()
  await expect(page.getByRole('alert').first()).toContainText('not a valid image reference')
  await page.getByLabel('New tag').fill('lab.internal/web:tagged')
  await page.getByRole('button', { name: 'Add tag' }).click()
  await expect(page.getByText('Tagged as lab.internal/web:tagged')).toBeVisible()
  for (const name of ['docker-unix', 'podman-tcp', 'podman5-tcp', 'docker28-tcp'] as const) {
    await witness(name, ['image', 'inspect', 'lab.internal/web:tagged'])
  }
  for (const name of engineNames) await witness(name, ['rmi', 'lab.internal/web:tagged'])
  await expect(drawer).not.toContainText('web:tagged')
})

test('an image in use is not removed, and the containers are named', async ({ signedIn: page, api }) => {
  await registerLab(api)
  await page.goto('/images?filter=web:1.0')
  const line = page.getByRole('row').filter({ hasText: 'web:1.0' })
  await line.getByRole('button', { name: /actions/i }).click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'docker-unix' })).toContainText(
    'Containers use this image: web',
  )
})
