import { randomUUID } from 'node:crypto'
import { containersOf, expect, registerLab, test } from './fixtures.ts'
import { engineCall } from './lab/engine-http.ts'
import { labImages } from './lab/images.ts'
import { engineNames, labEngine } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { everyLook } from './looks.ts'

const prefix = `e2edisk-${randomUUID().slice(0, 6)}`

test('what nothing uses on every engine: shown before it goes, and gone as shown', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const volume = `${prefix}-volume`
  const stopped = `${prefix}-stopped`
  const ids = new Map<string, string>()
  for (const engine of engineNames) {
    const { localSocketPath } = labEngine(engine)
    await engineCall(localSocketPath, 'POST', '/v1.41/volumes/create', { Name: volume })
    const body = { Image: labImages.busybox, Cmd: ['true'] }
    const path = `/v1.41/containers/create?name=${stopped}`
    ids.set(engine, (await engineCall<{ Id: string }>(localSocketPath, 'POST', path, body)).Id)
  }
  await expect.poll(async () => (await containersOf(api, `name:${stopped}`)).length).toBe(8)

  await page.goto('/disk')
  for (const engine of engineNames)
    await expect(page.getByRole('row', { name: new RegExp(`^${engine}.*MB`) })).toBeVisible()
  await page.getByRole('button', { name: 'Prune…', exact: true }).click()
  const dialog = page.getByRole('dialog')
  // Nothing goes that nobody has asked for.
  await expect(dialog.getByRole('button', { name: /^Remove/ })).toBeDisabled()
  await dialog.getByLabel('Stopped containers').check()
  await expect(dialog.getByText(stopped)).toHaveCount(8)
  await expect(dialog.getByText(volume)).toHaveCount(0)
  // One by one: what was taken out stays in the list, and may be put back.
  const one = dialog.getByRole('checkbox', { name: new RegExp(stopped) }).first()
  await one.uncheck()
  await expect(one).not.toBeChecked()
  await one.check()
  await dialog.getByLabel('Unused volumes').check()
  await expect(dialog.getByText('hold data')).toBeVisible()
  await dialog.getByLabel('only those without a name of their own').uncheck()
  await expect(dialog.getByText(volume)).toHaveCount(8)
  await expect(dialog.getByText(/Frees about/)).toBeVisible()
  // Named volumes are data: the word has to be typed.
  await expect(dialog.getByRole('button', { name: /^Remove/ })).toBeDisabled()
  await dialog.getByLabel(/Volumes with a name go for good/).fill('volumes')
  await expect(dialog.getByRole('button', { name: /^Remove/ })).toBeEnabled()
  // Others of these engines belong to other tests: what is removed is named one by one.
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  const hosts = (await (await api.get('/api/hosts')).json()) as { id: string; name: string }[]
  const chosen = engineNames.map((engine) => ({
    hostId: hosts.find((host) => host.name === engine)?.id,
    containers: [ids.get(engine)],
    volumes: [volume],
  }))
  const { origin } = new URL(page.url())
  const started = await api.post('/api/prune', { data: { hosts: chosen }, headers: { origin } })
  expect(started.status(), await started.text()).toBe(200)
  await page.getByRole('button', { name: /Tasks/ }).click()
  const task = page.getByRole('listitem').filter({ hasText: 'Prune 8 hosts' }).first()
  await task.getByRole('button', { name: 'Prune 8 hosts' }).click()
  await expect(task.getByText(/1 container, 1 volume, .* freed/)).toHaveCount(8, { timeout: 30_000 })
  for (const engine of engineNames) {
    expect((await witness(engine, ['ps', '-aq', '--no-trunc'])).stdout).not.toContain(ids.get(engine))
    expect((await witness(engine, ['volume', 'ls', '-q'])).stdout).not.toContain(volume)
  }
})

everyLook('disks', async ({ page, look }) => {
  await page.goto('/disk')
  for (const one of engineNames)
    await expect(page.getByRole('row', { name: new RegExp(`^${one}.*MB`) })).toBeVisible()
  await look('disk')
  await page.getByRole('button', { name: 'Prune…', exact: true }).click()
  for (const kind of ['Stopped containers', 'Unused images', 'Unused volumes'])
    await page.getByLabel(kind).check()
  await look('prune')
})
