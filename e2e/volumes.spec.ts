import { randomUUID } from 'node:crypto'
import { expect, hostsOf, registerLab, row, samePages, succeeded, test } from './fixtures.ts'
import { engineCall } from './lab/engine-http.ts'
import { labImages } from './lab/images.ts'
import { removeContainer } from './lab/remove-container.ts'
import { type EngineName, labEngine } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { everyLook } from './looks.ts'

const prefix = `e2evol-${randomUUID().slice(0, 6)}`
const docker: EngineName = samePages[0] as EngineName
const podman: EngineName = samePages.at(-1) as EngineName
const engines = [docker, podman]
const made: (() => Promise<unknown>)[] = []
test.afterAll(async () => {
  for (const remove of made.toReversed()) await remove().catch(() => {})
})

const removeLater = (engine: EngineName, name: string) =>
  made.push(() => engineCall(labEngine(engine).localSocketPath, 'DELETE', `/v1.41/volumes/${name}?force=1`))

/** A container that has a volume, stopped. */
async function use(engine: EngineName, volume: string, project?: string): Promise<string> {
  const body = {
    Image: labImages.busybox,
    Cmd: ['true'],
    Labels: project ? { 'com.docker.compose.project': project } : {},
    HostConfig: { Binds: [`${volume}:/data`] },
  }
  const path = `/v1.41/containers/create?name=${volume}-user`
  const { Id } = await engineCall<{ Id: string }>(labEngine(engine).localSocketPath, 'POST', path, body)
  made.push(() => removeContainer(engine, Id))
  return Id
}

test('a volume on Docker and Podman: made on both, found, looked into, and removed by its name', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const hosts = await hostsOf(api)
  const hostId = (engine: EngineName) => hosts.find(({ name }) => name === engine)?.id as string
  const name = `${prefix}-data`
  for (const engine of engines) removeLater(engine, name)

  await page.goto('/volumes')
  await expect(page.getByRole('button', { name: 'New volume…' })).toBeVisible()
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog')
  const submit = dialog.getByRole('button', { name: /^Create/ })
  await expect(submit).toBeDisabled()
  await dialog.getByLabel('Name', { exact: true }).fill('-data')
  await expect(dialog.getByText('This is no name of a volume.')).toBeVisible()
  await dialog.getByLabel('Name', { exact: true }).fill(name)
  await dialog.getByLabel('Kind').selectOption({ label: 'In memory' })
  await dialog.getByLabel('Size in MiB').fill('1')
  await dialog.getByLabel('Labels').fill(`own=${prefix}`)
  for (const engine of engines) await dialog.getByLabel(new RegExp(`^${engine}`)).check()
  await dialog.getByRole('button', { name: 'Create on 2 hosts' }).click()
  const task = page
    .getByRole('listitem')
    .filter({ hasText: `Create the volume ${name} on 2 hosts` })
    .first()
  await succeeded(task)
  for (const engine of engines)
    expect((await witness(engine, ['volume', 'inspect', name])).stdout).toContain('tmpfs')
  await page.keyboard.press('Escape')

  // By its label, as rows of both hosts; the URL holds the filter.
  await page.getByRole('searchbox', { name: /Filter by name/ }).fill(`own=${prefix} is:unused`)
  for (const engine of engines) await expect(row(page, `${hostId(engine)}/${name}`)).toContainText('unused')
  await expect(page).toHaveURL(/filter=own/)

  // Live: a container that takes it.
  const id = await use(podman, name, `${prefix}-shop`)
  await page.getByRole('searchbox', { name: /Filter by name/ }).fill(`own=${prefix}`)
  const used = row(page, `${hostId(podman)}/${name}`)
  await expect(used).toContainText('1 stopped')
  await expect(used).toContainText(`${prefix}-shop`)
  await used.click()
  const drawer = page.getByRole('dialog', { name })
  await expect(drawer.getByRole('link', { name: `${name}-user` })).toBeVisible()
  await expect(drawer).toContainText('/data')
  await expect(drawer).toContainText('Values are hidden')
  await expect(drawer).not.toContainText('nr_blocks')
  await drawer.getByRole('button', { name: 'Show values' }).click()
  await expect(drawer).toContainText(/size=1048576|nr_blocks=256/)
  await expect(drawer).toContainText(`own`)

  // What a container has stays, and it is said which.
  await drawer.getByRole('button', { name: 'Remove…' }).click()
  const asked = page.getByRole('dialog').filter({ hasText: 'It is in use' })
  await expect(asked).toContainText(`${name} on ${podman}: ${name}-user`)
  await expect(asked.getByRole('button', { name: /^Remove/ })).toBeDisabled()
  await asked.getByRole('button', { name: 'Cancel' }).click()
  await removeContainer(podman, id)
  await expect(drawer).toContainText('No container has it.')
  await page.keyboard.press('Escape')

  // Both at once: the word is asked for, and whose data goes is said.
  await page.getByRole('searchbox', { name: /Filter by name/ }).press('Escape')
  for (const engine of engines)
    await row(page, `${hostId(engine)}/${name}`)
      .getByRole('checkbox')
      .check()
  await page
    .getByRole('region', { name: 'Actions on the selected volumes' })
    .getByRole('button', { name: 'Remove…' })
    .click()
  const removal = page.getByRole('dialog').filter({ hasText: 'Remove 2 volumes?' })
  for (const engine of engines) await expect(removal).toContainText(engine)
  await expect(removal).toContainText('nobody keeps a copy')
  const confirm = removal.getByRole('button', { name: 'Remove 2 volumes' })
  await expect(confirm).toBeDisabled()
  await removal.getByRole('textbox').fill('volumes')
  await confirm.click()
  const gone = page.getByRole('listitem').filter({ hasText: 'Remove 2 volumes' }).first()
  await succeeded(gone)
  for (const engine of engines)
    expect((await witness(engine, ['volume', 'ls', '-q'])).stdout).not.toContain(name)
  for (const engine of engines) await expect(row(page, `${hostId(engine)}/${name}`)).toHaveCount(0)
})

test('one by its name: nothing goes until that is typed', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const hosts = await hostsOf(api)
  const name = `${prefix}-one`
  removeLater(docker, name)
  await engineCall(labEngine(docker).localSocketPath, 'POST', '/v1.41/volumes/create', { Name: name })
  const key = `${hosts.find((host) => host.name === docker)?.id}/${name}`
  await page.goto(`/volumes?filter=${name}&open=${encodeURIComponent(key)}`)
  await expect(page.getByRole('dialog', { name })).toContainText('None: its files lie on the host’s disk.')
  await page.keyboard.press('Escape')
  await row(page, key)
    .getByRole('button', { name: /More actions/ })
    .click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  const removal = page.getByRole('dialog').filter({ hasText: `Remove the volume ${name}?` })
  const confirm = removal.getByRole('button', { name: 'Remove the volume' })
  await removal.getByRole('textbox').fill(name.slice(0, -1))
  await expect(confirm).toBeDisabled()
  await removal.getByRole('textbox').fill(name)
  await confirm.click()
  await expect(row(page, key)).toHaveCount(0)
  expect((await witness(docker, ['volume', 'ls', '-q'])).stdout).not.toContain(name)
})

everyLook('volumes', async ({ page, look, api }) => {
  const hosts = await hostsOf(api)
  const name = `${prefix}-looks`
  for (const engine of engines) {
    removeLater(engine, name)
    const { localSocketPath } = labEngine(engine)
    const labels = { 'com.docker.compose.project': 'shop', tier: 'data' }
    await engineCall(localSocketPath, 'POST', '/v1.41/volumes/create', {
      Name: name,
      Labels: labels,
      DriverOpts: { type: 'nfs', device: '192.0.2.1:/data', o: 'addr=192.0.2.1,rw' },
    })
    await use(engine, name)
    const anonymous = await engineCall<{ Name: string }>(localSocketPath, 'POST', '/v1.41/volumes/create', {
      Labels: { own: prefix },
    })
    removeLater(engine, anonymous.Name)
  }
  await page.goto('/volumes')
  const key = `${hosts.find((host) => host.name === docker)?.id}/${name}`
  await expect(row(page, key)).toContainText('1 stopped')
  await expect(page.getByText(/Sizes as added up/)).toBeVisible({ timeout: 60_000 })
  await look('volumes')
  await page.goto(`/volumes?filter=${name}&group=stack&open=${encodeURIComponent(key)}`)
  await expect(page.getByRole('dialog')).toContainText('/data')
  await look('volume')
  await page.keyboard.press('Escape')
  await page.goto('/volumes?filter=nothing-is-called-so')
  await page.getByRole('button', { name: 'New volume…' }).click()
  await page.getByLabel('Kind').selectOption({ label: 'NFS share' })
  await page.getByLabel('Name', { exact: true }).fill('films')
  await look('new-volume')
  await page.keyboard.press('Escape')
  await page.goto(`/volumes?filter=own=${prefix}`)
  await page.getByRole('row').filter({ hasText: 'anonymous' }).first().getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Remove…' }).click()
  await expect(page.getByRole('dialog')).toContainText('nobody keeps a copy')
  await look('remove-volume')
})
