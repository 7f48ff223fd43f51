import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, registerLab, succeeded, test } from './fixtures.ts'
import { labImages } from './lab/images.ts'
import { run } from './lab/run.ts'
import { type EngineName, engineNames, requireLab } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { check, everyLookAt } from './looks.ts'

const prefix = `e2ecopy-${randomUUID().slice(0, 6)}`
const nameOn = (engine: EngineName) => `copy.example/${prefix}/${engine}:1`
test.afterAll(async () => {
  for (const engine of engineNames)
    for (const from of ['docker-unix', 'podman5-tcp'] as const)
      await witness(engine, ['rmi', '-f', nameOn(from)]).catch(() => {})
})

/** An image that only this engine has, as its CLI makes it. */
async function makeImage(engine: EngineName): Promise<string> {
  const container = `${prefix}-${engine}`
  const file = join(requireLab().folder, `${container}.txt`)
  writeFileSync(file, container)
  await witness(engine, ['create', '--name', container, labImages.busybox, 'true'])
  await witness(engine, ['cp', file, `${container}:/own`])
  await witness(engine, ['commit', container, nameOn(engine)])
  await witness(engine, ['rm', container])
  await run('rm', [file])
  return idOn(engine, nameOn(engine))
}

async function idOn(engine: EngineName, name: string): Promise<string> {
  const { stdout } = await witness(engine, ['image', 'inspect', '--format', '{{.Id}}', name])
  return stdout.trim().replace('sha256:', '')
}

/** Opens the row's menu entry, after the page has seen the image. */
async function choose(page: Page, name: string, entry: string): Promise<void> {
  await page.goto(`/images?filter=${encodeURIComponent(name)}`)
  await page.getByRole('button', { name: `More actions: ${name}` }).click()
  await page.getByRole('menuitem', { name: entry }).click()
}

async function finished(page: Page, name: string): Promise<void> {
  const task = page
    .getByRole('dialog', { name: 'Tasks' })
    .getByRole('listitem')
    .filter({ hasText: `Copy ${name}` })
    .first()
  await succeeded(task)
}

test('an image of Docker 20.10 is copied to Podman 4, as Podman’s own CLI sees it', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const [id, name] = [await makeImage('docker-unix'), nameOn('docker-unix')]
  await choose(page, name, 'Copy to other hosts…')
  const dialog = page.getByRole('dialog', { name: 'Copy this image to other hosts' })
  await expect(dialog.getByLabel('From', { exact: true })).toContainText('docker-unix (docker 20.10')
  // All that lack it are chosen, and the source can't be.
  await expect(dialog.getByRole('button', { name: `Copy to ${engineNames.length - 1} hosts` })).toBeEnabled()
  await expect(dialog.getByRole('checkbox', { name: 'docker-unix' })).toBeDisabled()
  await everyLookAt(page, 'copy')
  for (const engine of engineNames)
    if (engine !== 'docker-unix' && engine !== 'podman-unix')
      await dialog.getByRole('checkbox', { name: engine }).uncheck()
  await dialog.getByRole('button', { name: 'Copy to 1 host' }).click()
  await finished(page, name)
  await page.screenshot({ path: 'test-results/looks/copy-tray.png' })
  expect(await idOn('podman-unix', name)).toBe(id)
  expect((await witness('podman-unix', ['run', '--rm', name, 'cat', '/own'])).stdout).toBe(
    `${prefix}-docker-unix`,
  )
})

test('the drawer fills the gaps: from Podman 5 to Docker 28', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const [id, name] = [await makeImage('podman5-tcp'), nameOn('podman5-tcp')]
  await page.goto(`/images?filter=${encodeURIComponent(name)}`)
  await page.getByRole('row').filter({ hasText: name }).click()
  const drawer = page.getByRole('dialog').filter({ hasText: 'On these hosts' })
  await expect(drawer).toContainText('7 hosts in scope lack it')
  await drawer.getByRole('button', { name: 'Copy there…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Copy this image to other hosts' })
  for (const engine of engineNames)
    if (engine !== 'podman5-tcp' && engine !== 'docker28-tcp')
      await dialog.getByRole('checkbox', { name: engine }).uncheck()
  await dialog.getByRole('button', { name: 'Copy to 1 host' }).click()
  await finished(page, name)
  expect(await idOn('docker28-tcp', name)).toBe(id)
  expect(
    (await witness('docker28-tcp', ['image', 'inspect', name, '--format', '{{.RepoTags}}'])).stdout.trim(),
  ).toBe(`[${name}]`)
  await page.keyboard.press('Escape')
  await expect(drawer).toContainText('6 hosts in scope lack it')
})

test('images are saved as a Docker archive and as an OCI layout that skopeo reads', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  await choose(page, labImages.web2, 'Save as archive…')
  const dialog = page.getByRole('dialog', { name: 'Save this image as an archive' })
  await dialog.getByLabel('From', { exact: true }).selectOption({ label: 'podman-unix (podman 4.3.1)' })
  await check(page)
  const save = async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save', exact: true }).click(),
    ])
    return { name: download.suggestedFilename(), path: await download.path() }
  }
  const one = await save()
  expect(one.name).toMatch(/^images-2\.tar$|^web-.*\.tar$/)
  const inspect = (image: string) => run('skopeo', ['inspect', '--config', image])
  expect((await inspect(`docker-archive:${one.path}:${labImages.web2}`)).stdout).toContain('httpd')

  await choose(page, labImages.web2, 'Save as archive…')
  const host = dialog.getByLabel('From', { exact: true })
  await dialog.getByRole('radio', { name: 'OCI layout' }).check({ force: true })
  const docker20 = await host.locator('option', { hasText: 'docker-tls' }).textContent()
  await host.selectOption({ label: docker20 as string })
  await expect(dialog.getByText('Docker writes OCI layouts since version 25')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Save', exact: true })).toBeDisabled()
  const docker28 = await host.locator('option', { hasText: 'docker28-tcp' }).textContent()
  await host.selectOption({ label: docker28 as string })
  const two = await save()
  expect(two.name).toMatch(/\.oci\.tar$/)
  expect((await inspect(`oci-archive:${two.path}`)).stdout).toContain('httpd')
})
