import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { containersOf, expect, registerLab, samePages, test } from './fixtures.ts'
import { engineCall } from './lab/engine-http.ts'
import { labImages } from './lab/images.ts'
import { type EngineName, labEngine } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { check, everyLook } from './looks.ts'

const prefix = `e2efiles-${randomUUID().slice(0, 6)}`
const made: (() => Promise<unknown>)[] = []
test.afterAll(async () => {
  for (const remove of made) await remove().catch(() => {})
})
/** A dot of one pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function start(engine: EngineName, name: string): Promise<string> {
  const { localSocketPath } = labEngine(engine)
  const script =
    'mkdir -p /data/sub; echo "<b>hello</b>" > /data/page.html; echo deep > /data/sub/deep.txt; head -c 5000 /dev/zero > /data/zeros; echo done; sleep 600'
  const { Id } = await engineCall<{ Id: string }>(
    localSocketPath,
    'POST',
    `/v1.41/containers/create?name=${name}`,
    { Image: labImages.busybox, Cmd: ['/bin/sh', '-c', script], StopTimeout: 0 },
  )
  made.push(() => engineCall(localSocketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`))
  await engineCall(localSocketPath, 'POST', `/v1.41/containers/${Id}/start`)
  await expect.poll(async () => (await witness(engine, ['logs', Id])).stdout).toContain('done')
  return Id
}

for (const engine of samePages) {
  test(`${engine}: browse, preview, upload and download, running and stopped`, async ({
    signedIn: page,
    api,
  }) => {
    await registerLab(api)
    const name = `${prefix}-${engine}`
    const id = await start(engine, name)
    await expect.poll(async () => (await containersOf(api, `name:${name}`)).length).toBe(1)
    const [container] = await containersOf(api, `name:${name}`)
    await page.goto(`/containers/${container?.hostId}/${id}?tab=files`)
    await page.getByRole('option', { name: /^data/ }).click()
    await expect(page.getByRole('option')).toHaveCount(3)
    await page.getByRole('option', { name: /^page.html/ }).click()
    const preview = page.getByRole('region', { name: 'Preview' })
    await expect(preview.getByText('<b>hello</b>')).toBeVisible()
    await expect(page).toHaveURL(/path=%2Fdata|path=\/data/)

    const bytes = randomBytes(3_000_000)
    await page.getByLabel('Upload…').setInputFiles([
      { name: 'random.bin', mimeType: 'text/html', buffer: bytes },
      { name: 'dot ä.png', mimeType: 'image/png', buffer: png },
    ])
    await expect(page.getByText(/2 of 2 uploaded/)).toBeVisible()
    const sum = await witness(engine, ['exec', id, 'sha256sum', '/data/random.bin'])
    expect(sum.stdout.split(' ')[0]).toBe(digest(bytes))
    await page.getByRole('option', { name: /^dot ä.png/ }).click()
    const image = preview.getByRole('img')
    await expect.poll(() => image.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1)

    await engineCall(labEngine(engine).localSocketPath, 'POST', `/v1.41/containers/${id}/stop?t=0`)
    await page.reload()
    await page.getByRole('option', { name: /^random.bin/ }).click()
    const download = page.waitForEvent('download')
    await preview.getByRole('link', { name: 'Download' }).click()
    expect(digest(readFileSync(await (await download).path()))).toBe(digest(bytes))
    // Into it again while it is stopped: what is there is asked for.
    await page
      .getByLabel('Upload…')
      .setInputFiles([{ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('new text') }])
    await page.getByRole('button', { name: 'Overwrite' }).click()
    await expect(page.getByText(/1 of 1 uploaded/)).toBeVisible()
    await page.getByRole('option', { name: /^page.html/ }).click()
    await expect(preview.getByText('new text')).toBeVisible()
  })
}

test('by keyboard, with a new folder, and a folder that is dropped', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const name = `${prefix}-keys`
  const id = await start('docker28-tcp', name)
  await expect.poll(async () => (await containersOf(api, `name:${name}`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${name}`)
  await page.goto(`/containers/${container?.hostId}/${id}?tab=files&path=/data`)
  await expect(page.getByRole('option')).toHaveCount(3)
  await page.getByRole('button', { name: 'New folder…' }).click()
  await page.getByLabel('Name', { exact: true }).fill('made')
  await page.getByRole('button', { name: 'Make', exact: true }).click()
  await expect(page.getByRole('option', { name: /^made/ })).toBeVisible()
  const list = page.getByRole('listbox', { name: 'Entries of /data' })
  await list.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('option', { name: /^deep.txt/ })).toBeVisible()
  await page.getByRole('listbox').focus()
  await page.keyboard.press('Backspace')
  await expect(page.getByRole('option', { name: /^made/ })).toBeVisible()
  // A real drop can't be made from here: the event carries what a browser's drop carries.
  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer()
    data.items.add(new File(['dropped'], 'dropped.txt'))
    return data
  })
  await list.dispatchEvent('drop', { dataTransfer: transfer })
  await expect(page.getByText(/1 of 1 uploaded/)).toBeVisible()
  expect((await witness('docker28-tcp', ['exec', id, 'cat', '/data/dropped.txt'])).stdout).toBe('dropped')
})

/** A folder of this machine dropped on the page, as a person drops it: a page can't make a dropped folder itself. */
async function drop(page: Page, onto: Locator, files: string[]): Promise<void> {
  const client = await page.context().newCDPSession(page)
  const box = await onto.boundingBox()
  const at = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 20 }
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await client.send('Input.dispatchDragEvent', { type, ...at, data })
}

test('folders are dropped: what is overwritten is asked, empty ones are made, a folder is never replaced', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const name = `${prefix}-drop`
  const id = await start('docker28-tcp', name)
  const say = async (...args: string[]) =>
    (await witness('docker28-tcp', ['exec', id, ...args])).stdout.trim()
  await say('sh', '-c', 'ln -s /data/sub /link; chmod 600 /data/sub/deep.txt; chown 5:6 /data/sub/deep.txt')
  await expect.poll(async () => (await containersOf(api, `name:${name}`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${name}`)
  await page.goto(`/containers/${container?.hostId}/${id}?tab=files&path=/`)
  // A link to a folder is a way into it.
  await page.getByRole('option', { name: /^link/ }).click()
  await expect(page.getByRole('option', { name: /^deep.txt/ })).toBeVisible()
  await page.getByRole('option', { name: /^deep.txt/ }).click()
  const preview = page.getByRole('region', { name: 'Preview' })
  await expect(preview.getByText('deep', { exact: true })).toBeVisible()
  // What is uploaded over it is what is shown.
  await page
    .getByLabel('Upload…')
    .setInputFiles([{ name: 'deep.txt', mimeType: 'text/plain', buffer: Buffer.from('second') }])
  await page.getByRole('button', { name: 'Overwrite' }).click()
  await expect(preview.getByText('second')).toBeVisible()

  const folder = mkdtempSync(join(tmpdir(), 'e2efiles-'))
  made.push(async () => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'sub', 'hollow', 'inner'), { recursive: true })
  writeFileSync(join(folder, 'sub', 'deep.txt'), 'third')
  writeFileSync(join(folder, 'data'), 'a file named like a folder')
  await page.goto(`/containers/${container?.hostId}/${id}?tab=files&path=/data`)
  await expect(page.getByRole('option')).toHaveCount(3)
  const list = page.getByRole('listbox', { name: 'Entries of /data' })
  await drop(page, list, [join(folder, 'sub')])
  const dialog = page.getByRole('dialog', { name: 'Overwrite?' })
  await expect(dialog.getByText('files of the same names in it')).toBeVisible()
  await page.screenshot({ path: 'test-results/looks/files-overwrite.png' })
  await dialog.getByRole('button', { name: 'Overwrite' }).click()
  await expect(page.getByText(/2 of 2 uploaded/)).toBeVisible()
  expect(await say('cat', '/data/sub/deep.txt')).toBe('third')
  expect(await say('stat', '-c', '%a %u %g', '/data/sub/deep.txt')).toBe('600 5 6')
  expect(await say('stat', '-c', '%F', '/data/sub/hollow/inner')).toBe('directory')

  await page
    .getByRole('navigation', { name: 'Folder' })
    .getByRole('button', { name: '/', exact: true })
    .click()
  await expect(page.getByRole('option', { name: /^data/ })).toBeVisible()
  await expect(page.getByText(/\d+ entries/)).toBeVisible()
  await drop(page, page.getByRole('listbox', { name: 'Entries of /', exact: true }), [join(folder, 'data')])
  await expect(page.getByText('A folder of this name is there.')).toBeVisible()
  expect(await say('cat', '/data/sub/deep.txt')).toBe('third')
})

test('uploads go on, and more join them, while the drawer is closed', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const name = `${prefix}-queue`
  const id = await start('podman5-tcp', name)
  await expect.poll(async () => (await containersOf(api, `name:${name}`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${name}`)
  const held: (() => void)[] = []
  let isOpen = false
  await page.route(/\/files\?.*name=/, async (route) => {
    if (!isOpen) await new Promise<void>((resolve) => held.push(resolve))
    await route.continue()
  })
  await page.goto(`/containers?open=${container?.hostId}/${id.slice(0, 12)}&tab=files&path=/data`)
  await expect(page.getByText(/3 entries/)).toBeVisible()
  const file = (of: string) => ({ name: of, mimeType: 'text/plain', buffer: Buffer.from(of) })
  await page.getByLabel('Upload…').setInputFiles([file('one'), file('two')])
  await page.getByLabel('Upload…').setInputFiles([file('three')])
  await expect(page.getByText(/0 of 3 uploaded/)).toBeVisible()
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByRole('tab', { name: 'Files' }).click()
  await expect(page.getByText(/0 of 3 uploaded/)).toBeVisible()
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await page.getByRole('button', { name: '1 task is running' }).click()
  const tray = page.getByRole('dialog', { name: 'Tasks' })
  await expect(tray.getByText(`Uploads to ${name}`)).toBeVisible()
  await expect(tray.getByText('/data/one')).toBeVisible()
  await page.screenshot({ path: 'test-results/looks/files-tray.png' })
  await page.setViewportSize({ width: 390, height: 844 })
  await page.screenshot({ path: 'test-results/looks/files-tray-390.png' })
  await check(page, { within: '[aria-label="Tasks"]' })
  isOpen = true
  for (const go of held) go()
  await expect(tray.getByText(/3 of 3 uploaded/)).toBeVisible()
  expect((await witness('podman5-tcp', ['exec', id, 'cat', '/data/one', '/data/three'])).stdout).toBe(
    'onethree',
  )
})

test('a read-only container says so, although much is still to be sent', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const engine = 'docker-unix'
  const { localSocketPath } = labEngine(engine)
  const name = `${prefix}-ro`
  const { Id } = await engineCall<{ Id: string }>(
    ...([localSocketPath, 'POST', `/v1.41/containers/create?name=${name}`] as const),
    { Image: labImages.busybox, Cmd: ['sleep', '600'], StopTimeout: 0, HostConfig: { ReadonlyRootfs: true } },
  )
  made.push(() => engineCall(localSocketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`))
  await engineCall(localSocketPath, 'POST', `/v1.41/containers/${Id}/start`)
  await expect.poll(async () => (await containersOf(api, `name:${name}`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'e2efiles-'))
  made.push(async () => rmSync(folder, { recursive: true }))
  const big = join(folder, 'big.bin')
  writeFileSync(big, Buffer.alloc(200_000_000))
  await page.goto(`/containers/${container?.hostId}/${Id}?tab=files&path=/`)
  await expect(page.getByText(/\d+ entries/)).toBeVisible()
  await page.getByLabel('Upload…').setInputFiles(big)
  await expect(page.getByText('This place in the container may only be read.')).toBeVisible()
  await page.screenshot({ path: 'test-results/looks/files-refused.png' })
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByRole('button', { name: 'Tasks: 1 upload failed' }).click()
  const tray = page.getByRole('dialog', { name: 'Tasks' })
  await expect(tray.getByText(/Upload into a writable volume/)).toBeVisible()
  await page.screenshot({ path: 'test-results/looks/files-tray-failed.png' })
  await tray.getByRole('button', { name: 'Clear' }).click()
  await expect(page.getByRole('button', { name: 'Tasks', exact: true })).toBeVisible()
})

everyLook('files', async ({ page, api, look }) => {
  const [container] = await containersOf(api, 'name:web host:docker-unix')
  await page.goto(
    `/containers/${container?.hostId}/${container?.id}?tab=files&path=/www&file=/www/index.html`,
  )
  await expect(page.getByRole('option', { name: /^index.html/ })).toBeVisible()
  await look('files')
  await page.goto(`/containers/${container?.hostId}/${container?.id}?tab=files`)
  await expect(page.getByText(/\d+ entries/)).toBeVisible()
  await look('files-root')
})
