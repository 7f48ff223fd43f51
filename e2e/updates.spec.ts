import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Registry } from '#lib/contracts/registries.ts'
import { e2eOrigin } from './address.ts'
import { containersOf, expect, registerLab, succeeded, test } from './fixtures.ts'
import { run } from './lab/run.ts'
import { labRegistry, requireLab } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { everyLookAt } from './looks.ts'

const prefix = `e2eupdate-${randomUUID().slice(0, 6)}`
const engines = ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp'] as const
const referenceOf = (engine: string) => `${labRegistry('open').address}/${prefix}/${engine}:live`
async function push(version: '1.0' | '2.0', reference: string): Promise<void> {
  const archive = `docker-archive:${join(requireLab().folder, 'images.tar')}:lab.internal/web:${version}`
  await run('skopeo', ['copy', '--quiet', '--dest-tls-verify=false', archive, `docker://${reference}`])
}
test.afterAll(async () => {
  for (const engine of engines) {
    const names = (await witness(engine, ['ps', '-a', '--format', '{{.Names}}'])).stdout.split('\n')
    const ours = names.filter((name) => name.startsWith(prefix))
    if (ours.length > 0) await witness(engine, ['rm', '-f', ...ours]).catch(() => {})
    await witness(engine, ['rmi', '-f', referenceOf(engine)]).catch(() => {})
  }
})

test('a newer image is found by its digest, and a container made anew on it with the way back', async ({
  signedIn: page,
  api,
}) => {
  // Containers are made anew on four engines, one after the other.
  test.setTimeout(240_000)
  await registerLab(api)
  const { address, scheme } = labRegistry('open')
  const stored = (await (await api.get('/api/registries')).json()) as Registry[]
  if (!stored.some((registry) => registry.address === address)) {
    const headers = { origin: e2eOrigin }
    const added = await api.post('/api/registries', { data: { address, scheme }, headers })
    expect(added.status(), await added.text()).toBe(200)
  }
  for (const engine of engines) {
    await push('1.0', referenceOf(engine))
    await witness(engine, ['pull', referenceOf(engine)])
    await witness(engine, [
      'run',
      '-d',
      '--stop-timeout',
      '1',
      '--name',
      `${prefix}-${engine}`,
      referenceOf(engine),
    ])
    await push('2.0', referenceOf(engine))
  }
  await expect.poll(async () => (await containersOf(api, `name~${prefix} state:running`)).length).toBe(4)
  await page.goto('/images')
  const bar = page.getByRole('region', { name: 'Newer images' })
  await bar.getByRole('button', { name: 'Check for newer images' }).click()
  await expect(bar.getByText(/have a newer image/)).toBeVisible({ timeout: 60_000 })
  for (const engine of engines) await expect(bar).toContainText(referenceOf(engine))
  await everyLookAt(page, 'updates')

  for (const engine of engines) {
    const name = `${prefix}-${engine}`
    const before = JSON.parse((await witness(engine, ['inspect', name])).stdout)[0]
    const [container] = await containersOf(api, `name:${name}`)
    await page.goto(`/containers/${container?.hostId}/${container?.id}`)
    const newer = page.getByRole('region', { name: 'Newer image' })
    await newer.getByRole('button', { name: 'Update' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Update' }).click()
    const tray = page.getByRole('dialog', { name: 'Tasks' })
    const task = tray
      .getByRole('listitem')
      .filter({ hasText: `Recreate ${name}` })
      .first()
    await succeeded(task)
    const after = JSON.parse((await witness(engine, ['inspect', name])).stdout)[0]
    expect(after.Id).not.toBe(before.Id)
    expect(after.Image).not.toBe(before.Image)
    expect(after.State.Running).toBe(true)
    const old = JSON.parse((await witness(engine, ['inspect', before.Id])).stdout)[0]
    expect(old.State.Running).toBe(false)
    expect(old.Name).toContain(`${name}-old`)
    await page.keyboard.press('Escape')
  }
  await page.goto('/images')
  await expect(bar).toBeVisible()
  for (const engine of engines) await expect(bar).not.toContainText(referenceOf(engine))

  // Pulled behind our back: nothing is to be asked of a registry to see that.
  for (const engine of ['docker28-tcp', 'podman5-tcp'] as const) {
    const name = `${prefix}-${engine}`
    await push('1.0', referenceOf(engine))
    await witness(engine, ['pull', referenceOf(engine)])
    await page.goto('/images')
    await expect(bar).toContainText('1 tag is newer on its host already')
    const listed = await containersOf(api, `name~${name} state:running`)
    const container = listed.find((one) => one.name === name)
    expect(container?.image).toBe(referenceOf(engine))
    await page.goto(`/containers/${container?.hostId}/${container?.id}`)
    const newer = page.getByRole('region', { name: 'Newer image' })
    await expect(newer).toContainText(`A newer image for ${referenceOf(engine)} is on this host already`)
    await newer.getByRole('button', { name: 'Recreate' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Recreate' }).click()
    // For a moment there is no container of that name.
    const image = async () => {
      const told = await witness(engine, ['inspect', name]).catch(() => null)
      return told && JSON.parse(told.stdout)[0].Image.replace('sha256:', '')
    }
    const wanted = async () =>
      JSON.parse((await witness(engine, ['image', 'inspect', referenceOf(engine)])).stdout)[0].Id
    await expect.poll(image, { timeout: 30_000 }).toBe(((await wanted()) as string).replace('sha256:', ''))
    await page.keyboard.press('Escape')
  }
})
