import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { APIRequestContext, Page } from '@playwright/test'
import type { Archive, ArchiveLibraryView, ListedArchive } from '#lib/contracts/archives.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { e2eOrigin } from './address.ts'
import { expect, registerLab, signIn, succeeded, test } from './fixtures.ts'
import { makeArchives, makeLargeArchive, makeRootfs } from './lab/image-archives.ts'
import { run } from './lab/run.ts'
import { engineNames } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { check, everyLook } from './looks.ts'

const repository = `registry.example/e2e-${randomUUID().slice(0, 6)}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-archives-'))
const headers = { origin: e2eOrigin }
test.describe.configure({ timeout: 180_000 })
// A second try, and a test run by itself, begin in a library that knows nothing of these files.
test.beforeAll(async ({ playwright }) => {
  const api = await playwright.request.newContext({ baseURL: e2eOrigin })
  await signIn(api)
  for (const { id, name } of await library(api))
    if (ours.test(name)) await api.delete(`/api/archives/${id}`, { headers })
  await api.dispose()
})
test.afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  for (const engine of engineNames) {
    const { stdout } = await witness(engine, ['images', '--format', '{{.Repository}}:{{.Tag}}'])
    const ours = stdout.split('\n').filter((name) => name.startsWith(repository))
    if (ours.length > 0) await witness(engine, ['rmi', '-f', ...ours]).catch(() => {})
  }
})

/** Names of the files that are uploaded here. */
const ours = /^(oci-zstd|docker20-save|index|rootfs|large-\d+|damaged|noise|cut|image|only-app)\.tar$/
const library = async (api: APIRequestContext) =>
  ((await (await api.get('/api/archives')).json()) as ArchiveLibraryView).archives
const named = async (api: APIRequestContext, name: string) =>
  (await library(api)).find((archive) => archive.name === name) as ListedArchive
const wholeOf = async (api: APIRequestContext, name: string) =>
  (await (await api.get(`/api/archives/${(await named(api, name)).id}`)).json()) as Archive
const digestOf = (path: string) => `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`
const rowOf = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Archives' }).getByRole('listitem').filter({ hasText: name })
const taskOf = (page: Page, title: string) =>
  page.getByRole('dialog', { name: 'Tasks' }).getByRole('listitem').filter({ hasText: title }).first()

let made: ReturnType<typeof makeArchives> | undefined
/** The library has it, whether or not a test before this one has uploaded it. */
async function stored(api: APIRequestContext, kind: 'index' | 'oci-zstd'): Promise<void> {
  made ??= makeArchives(folder, repository)
  const data = readFileSync((await made)[kind])
  const name = `${kind}.tar`
  if (await named(api, name)) return
  const answer = await api.put('/api/archives/upload', {
    params: { name },
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    data,
  })
  expect(answer.status(), await answer.text()).toBe(200)
}

test('archives of every kind are loaded on every engine at once, and run there', async ({
  signedIn: page,
  api,
}) => {
  const hosts = await registerLab(api)
  made = makeArchives(folder, repository)
  const archives = await made
  await page.goto('/archives')
  await page.getByLabel('Upload…').setInputFiles(Object.values(archives))
  for (const path of Object.values(archives))
    await expect
      .poll(async () => (await named(api, basename(path)))?.state, { timeout: 30_000 })
      .toBe('ready')
  await expect(rowOf(page, 'index.tar')).toContainText('linux/s390x')

  // One by hand, the others as the page asks for them.
  await page.getByRole('button', { name: 'Load on hosts…: oci-zstd.tar' }).click()
  const dialog = page.getByRole('dialog', { name: 'Load oci-zstd.tar' })
  for (const engine of engineNames) await dialog.getByRole('checkbox', { name: engine }).check()
  await check(page)
  await page.screenshot({ path: 'test-results/looks/archive-load-light-1440.png' })
  await dialog.getByRole('button', { name: 'Load on 8 hosts' }).click()
  const task = taskOf(page, 'Load oci-zstd.tar on 8 hosts')
  await succeeded(task)
  await expect(task.getByRole('button', { name: 'Dismiss' })).toBeVisible({ timeout: 60_000 })
  await task.getByRole('button', { name: 'Load oci-zstd.tar' }).click()
  const { contents } = await wholeOf(api, 'oci-zstd.tar')
  await expect(task.getByTitle(contents?.images[0]?.configDigest ?? '')).toHaveCount(8)
  await page.screenshot({ path: 'test-results/looks/archive-proof-light-1440.png' })

  const ran = async (name: string) => {
    const outputs = engineNames.map(async (engine) => {
      const image = `${repository}/${name}:1`
      const { stdout } = await witness(engine, ['run', '--rm', image, 'cat', '/www/index.html'])
      return `${engine}: ${stdout.trim()}`
    })
    expect(await Promise.all(outputs), name).toEqual(
      engineNames.map((engine) => `${engine}: <h1>web 2.0</h1>`),
    )
  }
  await ran('oci-zstd')
  for (const name of ['index', 'docker20-save'] as const) {
    const { id, contents: inside } = await wholeOf(api, `${name}.tar`)
    const started = await api.post('/api/archives/load', {
      data: { archiveId: id, hostIds: hosts.map((host) => host.id), width: 8 },
      headers,
    })
    const { id: taskId } = (await started.json()) as Task
    const read = async () => (await (await api.get(`/api/tasks/${taskId}`)).json()) as Task
    await expect.poll(async () => (await read()).state, { timeout: 60_000 }).not.toBe('running')
    const { steps } = await read()
    expect(steps.flatMap(({ error }) => error ?? [])).toEqual([])
    const own = inside?.images.find(({ platform }) => platform === 'linux/amd64')
    expect(new Set(steps.map(({ result }) => result?.imageId)), name).toEqual(new Set([own?.configDigest]))
    await ran(name)
  }
})

test('a host without a platform in it is told so; another name and another image can be chosen', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  await stored(api, 'index')
  await page.goto('/archives')
  await page.getByRole('button', { name: 'Load on hosts…: index.tar' }).click()
  const dialog = page.getByRole('dialog', { name: 'Load index.tar' })
  await dialog.getByRole('checkbox', { name: 'podman5-tcp' }).check()
  await dialog.getByRole('checkbox', { name: 'docker-tls' }).check()
  await dialog.getByLabel('podman5-tcp').last().selectOption('linux/s390x')
  await dialog.getByText('Other names').click()
  await dialog.getByLabel('Names of the image').fill(`${repository}/renamed`)
  await dialog.getByRole('button', { name: 'Load on 2 hosts' }).click()
  await succeeded(taskOf(page, 'Load index.tar on 2 hosts'))
  const architecture = async (engine: 'podman5-tcp' | 'docker-tls') =>
    (await witness(engine, ['inspect', '--format', '{{.Architecture}}', `${repository}/renamed:latest`]))
      .stdout
  expect(
    [await architecture('podman5-tcp'), await architecture('docker-tls')].map((text) => text.trim()),
  ).toEqual(['s390x', 'amd64'])
})

test('names are given besides those in the archive', async ({ signedIn: page, api }) => {
  await registerLab(api)
  await stored(api, 'oci-zstd')
  await page.goto('/archives')
  await page.getByRole('button', { name: 'Load on hosts…: oci-zstd.tar' }).click()
  const dialog = page.getByRole('dialog', { name: 'Load oci-zstd.tar' })
  const engines = ['docker-ssh', 'docker28-tcp', 'podman-tcp', 'podman5-tcp'] as const
  for (const engine of engines) await dialog.getByRole('checkbox', { name: engine }).check()
  await dialog.getByText('Add names').click()
  await dialog.getByLabel('Names of the image').fill(`${repository}/second:1\n${repository}/third:latest`)
  await dialog.getByRole('button', { name: 'Load on 4 hosts' }).click()
  await succeeded(taskOf(page, 'Load oci-zstd.tar on 4 hosts'))
  for (const engine of engines) {
    const names = ['oci-zstd:1', 'second:1', 'third'].map((name) => `${repository}/${name}`)
    const { stdout } = await witness(engine, ['inspect', '--format', '{{.Id}}', ...names])
    expect(new Set(stdout.trim().split('\n')).size, engine).toBe(1)
  }
})

test('the files of a system become an image with a command', async ({ signedIn: page, api }) => {
  await registerLab(api)
  await page.goto('/archives')
  await page.getByLabel('Upload…').setInputFiles(await makeRootfs(join(folder, 'rootfs.tar')))
  await expect(rowOf(page, 'rootfs.tar')).toContainText('System files')
  await expect.poll(async () => (await named(api, 'rootfs.tar'))?.state).toBe('ready')
  await page.getByRole('button', { name: 'Load on hosts…: rootfs.tar' }).click()
  const dialog = page.getByRole('dialog', { name: 'Load rootfs.tar' })
  for (const engine of engineNames) await dialog.getByRole('checkbox', { name: engine }).check()
  await dialog.getByLabel('Names of the image').fill(`${repository}/rootfs:7`)
  await dialog.getByLabel('Command').fill(`/bin/sh -c 'echo "$GREETING you"'`)
  await dialog.getByLabel('Environment').fill('GREETING=hello to')
  await dialog.getByRole('button', { name: 'Load on 8 hosts' }).click()
  await succeeded(taskOf(page, 'Load rootfs.tar on 8 hosts'))
  const outputs = engineNames.map(async (engine) => {
    const { stdout } = await witness(engine, ['run', '--rm', `${repository}/rootfs:7`])
    return `${engine}: ${stdout.trim()}`
  })
  expect(await Promise.all(outputs)).toEqual(engineNames.map((engine) => `${engine}: hello to you`))
})

test('an upload is cut by the network and by the browser, goes on, and is loaded meanwhile', async ({
  signedIn: page,
  api,
  browser,
}) => {
  await registerLab(api)
  const size = 48 * 1024 * 1024
  const path = await makeLargeArchive(folder, size, `${repository}/large:1`)
  const name = basename(path)
  const total = statSync(path).size
  /** Slow enough to be cut in the middle: on a busy machine what is clicked meanwhile takes ten seconds. */
  const slow = async (on: Page, offline: boolean) => {
    const session = await on.context().newCDPSession(on)
    await session.send('Network.enable')
    const limits = { latency: 0, downloadThroughput: -1, uploadThroughput: 2_000_000 }
    await session.send('Network.emulateNetworkConditions', { ...limits, offline })
  }
  const received = async () => (await named(api, name))?.received ?? 0

  const context = await browser.newContext({ baseURL: e2eOrigin })
  const first = await context.newPage()
  await signIn(first.request)
  await first.goto('/archives')
  await slow(first, false)
  await first.getByLabel('Upload…').setInputFiles(path)
  await expect.poll(received, { timeout: 60_000 }).toBeGreaterThan(total * 0.1)
  await first.getByRole('button', { name: `Load on hosts…: ${name}` }).click()
  const dialog = first.getByRole('dialog', { name: `Load ${name}` })
  await expect(dialog).toContainText('Hosts begin with what has arrived')
  for (const engine of ['docker-unix', 'docker28-tcp', 'podman-ssh'] as const)
    await dialog.getByRole('checkbox', { name: engine }).check()
  await dialog.getByRole('button', { name: 'Load on 3 hosts' }).click()
  await first.keyboard.press('Escape')
  await first.context().setOffline(true)
  await slow(first, true)
  await expect.poll(received).toBeGreaterThan(total * 0.1)
  await first.waitForTimeout(1500)
  const cut = await received()
  await first.context().setOffline(false)
  await slow(first, false)
  expect(cut).toBeLessThan(total * 0.9)
  await expect.poll(received, { timeout: 60_000 }).toBeGreaterThan(Math.max(cut, total * 0.4))
  await first.screenshot({ path: 'test-results/looks/archive-uploading-light-1440.png' })
  await context.close()
  const half = await received()
  expect(half).toBeLessThan(total)

  await page.goto('/archives')
  await expect(rowOf(page, name)).toContainText('Stands still')
  const chooser = page.waitForEvent('filechooser')
  await rowOf(page, name).getByRole('button', { name: 'Go on: choose the file…' }).click()
  await (await chooser).setFiles(path)
  await expect.poll(async () => (await named(api, name)).state, { timeout: 30_000 }).toBe('ready')
  expect((await named(api, name)).digest).toBe(digestOf(path))
  await page.getByRole('button', { name: /^Tasks/ }).click()
  await succeeded(taskOf(page, `Load ${name} on 3 hosts`))
  for (const engine of ['docker-unix', 'docker28-tcp', 'podman-ssh'] as const) {
    const { stdout } = await witness(engine, ['run', '--rm', `${repository}/large:1`, 'wc', '-c', '/large'])
    expect(stdout, engine).toContain(String(size))
  }
})

test('a tar that looks like nothing is a root filesystem where somebody says so', async ({
  signedIn: page,
  api,
}) => {
  const path = join(folder, 'only-app.tar')
  writeFileSync(join(folder, 'app'), 'one program')
  await run('tar', ['-C', folder, '-cf', path, 'app'])
  await page.goto('/archives')
  await page.getByLabel('Upload…').setInputFiles(path)
  await expect(rowOf(page, 'only-app.tar')).toContainText('upload it by “Root filesystem…”')
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Root filesystem…', exact: true }).click()
  await (await chooser).setFiles(path)
  await expect(rowOf(page, 'only-app.tar').filter({ hasText: 'System files' })).toHaveCount(1)
  const states = (await library(api)).filter(({ name }) => name === 'only-app.tar').map(({ state }) => state)
  expect(states.toSorted()).toEqual(['ready', 'refused'])
})

test('a bad archive is refused with what is wrong and where, and nothing of it is loaded', async ({
  signedIn: page,
  api,
}) => {
  const hosts = await registerLab(api)
  const good = readFileSync(await makeLargeArchive(folder, 200_000, `${repository}/small:1`))
  const bad = Buffer.from(good)
  // A byte of a layer: its digest no longer fits.
  bad[Math.floor(bad.length / 2)] = (bad[Math.floor(bad.length / 2)] as number) ^ 0xff
  writeFileSync(join(folder, 'damaged.tar'), bad)
  writeFileSync(join(folder, 'noise.tar'), randomBytes(100_000))
  writeFileSync(join(folder, 'cut.tar'), good.subarray(0, 20_000))
  await page.goto('/archives')
  const files = ['damaged.tar', 'noise.tar', 'cut.tar'].map((name) => join(folder, name))
  await page.getByLabel('Upload…').setInputFiles(files)
  await expect(rowOf(page, 'damaged.tar')).toContainText('sha256:', { timeout: 20_000 })
  await expect(rowOf(page, 'noise.tar')).toContainText('not a tar archive')
  await expect(rowOf(page, 'cut.tar')).toContainText('missing')
  for (const name of ['damaged.tar', 'noise.tar', 'cut.tar'])
    expect((await named(api, name)).state).toBe('refused')
  const { id } = await named(api, 'damaged.tar')
  const load = await api.post('/api/archives/load', {
    data: { archiveId: id, hostIds: [hosts[0]?.id] },
    headers,
  })
  expect(load.status()).toBe(400)
  for (const name of ['damaged.tar', 'noise.tar', 'cut.tar']) {
    await rowOf(page, name)
      .getByRole('button', { name: `Remove: ${name}` })
      .click()
    await page
      .getByRole('dialog', { name: `Remove ${name}?` })
      .getByRole('button', { name: 'Remove' })
      .click()
    await expect(rowOf(page, name)).toHaveCount(0)
  }
})

test('curl uploads with one command, whose token can do nothing else and can be ended', async ({
  signedIn: page,
  api,
}) => {
  const path = await makeLargeArchive(folder, 300_000, `${repository}/curl:1`)
  await page.goto('/archives')
  await page.getByLabel('Upload…').setInputFiles(path)
  await expect.poll(async () => (await named(api, basename(path)))?.state).toBe('ready')
  await page.getByRole('button', { name: 'By curl', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Upload by curl' })
  await dialog.getByRole('button', { name: 'Make a token' }).click()
  const command = dialog.locator('pre, code').filter({ hasText: 'rst_' }).first()
  await expect(command).toBeVisible()
  const text = (await command.innerText()).replace('-T image.tar', `-s -T ${path}`)
  const { stdout } = await run('/bin/sh', ['-c', text])
  expect(JSON.parse(stdout)).toMatchObject({ state: 'duplicate', name: 'image.tar' })
  await page.keyboard.press('Escape')
  await expect(rowOf(page, 'image.tar')).toContainText('in the library already')
  await page.goto('/account')
  await page.getByRole('button', { name: 'End the token Upload by curl' }).first().click()
  await expect(page.getByText('None. They are made where they are needed')).toBeVisible()
  expect((await run('/bin/sh', ['-c', text], { check: false })).stdout).toContain('signed_out')
  await api.delete(`/api/archives/${(await named(api, 'image.tar')).id}`, { headers })
})

everyLook('archives', async ({ page, api, look }) => {
  await stored(api, 'index')
  await page.goto('/archives')
  await expect(rowOf(page, 'index.tar')).toBeVisible()
  await look('archives')
  await rowOf(page, 'index.tar').getByRole('button').first().click()
  await expect(page.getByRole('dialog').getByText('linux/s390x').first()).toBeVisible()
  await look('archive')
})
