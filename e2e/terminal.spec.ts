import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { containersOf, expect, registerLab, samePages, test } from './fixtures.ts'
import { engineCall } from './lab/engine-http.ts'
import { labImages } from './lab/images.ts'
import { type EngineName, labEngine } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { everyLook } from './looks.ts'

const prefix = `e2eterm-${randomUUID().slice(0, 6)}`
const made: (() => Promise<unknown>)[] = []
test.afterAll(async () => {
  for (const remove of made) await remove().catch(() => {})
})

async function run(engine: EngineName, name: string): Promise<string> {
  const { localSocketPath } = labEngine(engine)
  const { Id } = await engineCall<{ Id: string }>(
    localSocketPath,
    'POST',
    `/v1.41/containers/create?name=${prefix}-${name}`,
    { Image: labImages.busybox, Cmd: ['sleep', '600'] },
  )
  made.push(() => engineCall(localSocketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`))
  await engineCall(localSocketPath, 'POST', `/v1.41/containers/${Id}/start`)
  return Id
}

async function screen(page: Page): Promise<string> {
  const rows = await page.locator('[data-terminal]:visible .xterm-rows > div').allInnerTexts()
  return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n')
}

async function openOn(page: Page, name: string): Promise<string> {
  const listed = async () => (await containersOf(page.request, `name:${prefix}-${name}`)).length
  await expect.poll(listed).toBe(1)
  const [container] = await containersOf(page.request, `name:${prefix}-${name}`)
  return `${container?.hostId}/${container?.id.slice(0, 12)}`
}

for (const engine of samePages) {
  test(`${engine}: types, resizes, pastes, and ends with the exit code`, async ({
    signedIn: page,
    api,
    context,
  }) => {
    await registerLab(api)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const id = await run(engine, engine)
    await page.goto(`/terminal?open=${await openOn(page, engine)}`)
    const terminal = page.getByRole('textbox', { name: 'Terminal input' })
    await expect(page.getByRole('status').filter({ hasText: 'Open' })).toBeVisible()
    await expect(terminal).toBeFocused()
    await page.keyboard.type('echo grüße-$((6*7))\n')
    await expect.poll(() => screen(page)).toContain('grüße-42')
    const size = async () => {
      await page.keyboard.type('clear; stty size\n')
      return (
        /^(\d+) (\d+)$/m
          .exec(await screen(page))
          ?.slice(1)
          .map(Number) ?? [0, 0]
      )
    }
    await expect.poll(async () => (await size())[1]).toBeGreaterThan(100)
    await page.setViewportSize({ width: 800, height: 600 })
    await expect.poll(async () => (await size())[1]).toBeLessThan(90)

    // A megabyte by the clipboard, as a person would: the program counts what arrives.
    const text = 'x'.repeat(1_048_575)
    await page.keyboard.type('clear; stty raw -echo; head -c 1048575 | wc -c; stty sane\n')
    await page.waitForTimeout(500)
    await page.evaluate((pasted) => {
      const data = new DataTransfer()
      data.setData('text/plain', pasted)
      const field = document.querySelector('[data-terminal] textarea')
      field?.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      )
    }, text)
    await expect.poll(() => screen(page), { timeout: 20_000 }).toContain('1048575')

    await page.keyboard.type('exit 3\n')
    await expect(page.getByText('Over, with exit code 3.')).toBeVisible()
    await page.getByRole('button', { name: 'New session' }).click()
    await expect(page.getByRole('status').filter({ hasText: 'Open' })).toBeVisible()
    await page.keyboard.type('sleep 4242\n')
    const processes = async () => (await witness(engine, ['top', id])).stdout
    await expect.poll(processes).toContain('4242')
    // Another page is loaded, and this one again: it is the same shell.
    await page.goto('/containers')
    await page.goto('/terminal')
    await expect(page.getByRole('status').filter({ hasText: 'Open' })).toBeVisible()
    await expect.poll(() => screen(page)).toContain('sleep 4242')
    await page.keyboard.press('Control+c')
    await page.keyboard.type('echo same-$((6*7)); sleep 4243\n')
    await expect.poll(() => screen(page)).toContain('same-42')
    await expect.poll(processes).toContain('4243')
    await page.getByRole('button', { name: /^Close / }).click()
    await expect.poll(processes).not.toContain('4243')
  })
}

test('several in tabs, each goes on by itself; many lines are asked about before they run', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  await run('docker28-tcp', 'one')
  await run('podman-tcp', 'two')
  await page.goto(`/terminal?open=${await openOn(page, 'one')},${await openOn(page, 'two')}`)
  await expect(page.getByRole('tab')).toHaveCount(2)
  await expect(page.getByRole('status').filter({ hasText: 'Open' }).first()).toBeVisible()
  await page.getByRole('textbox', { name: 'Terminal input' }).click()
  await page.keyboard.type('hostname; sleep 1; echo still-here\n')
  await page.getByRole('tab').nth(1).click()
  await page.getByRole('textbox', { name: 'Terminal input' }).click()
  await page.keyboard.type('echo second\n')
  await expect.poll(() => screen(page)).toContain('second')
  await page.getByRole('tab').first().click()
  await expect.poll(() => screen(page)).toContain('still-here')
  await page.evaluate(() => {
    const data = new DataTransfer()
    data.setData('text/plain', 'echo a\necho b\n')
    const field = document.querySelector('[data-terminal] textarea')
    field?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    )
  })
  const dialog = page.getByRole('dialog', { name: /^Paste \d lines\?$/ })
  await expect(dialog).toBeVisible()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(await screen(page)).not.toContain('echo a')
})

test('a shell goes on while one looks at other pages, is counted there, and ends when its tab is closed', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const id = await run('docker28-tcp', 'kept')
  await page.goto(`/terminal?open=${await openOn(page, 'kept')}`)
  await expect(page.getByRole('status').filter({ hasText: 'Open' })).toBeVisible()
  await page.keyboard.type('MARK=$((6*7))\n')
  const navigation = page.getByRole('navigation', { name: 'Main' })
  await navigation.getByRole('link', { name: /^Containers/ }).click()
  await expect(page.getByRole('grid')).toBeVisible()
  await navigation.getByRole('link', { name: /^Terminal 1/ }).click()
  await expect(page.getByRole('tab')).toHaveCount(1)
  await page.getByRole('textbox', { name: 'Terminal input' }).click()
  await page.keyboard.type('echo kept-$MARK\n')
  await expect.poll(() => screen(page)).toContain('kept-42')

  await page.getByRole('button', { name: /^Close/ }).click()
  await expect(page.getByText('No terminal is open')).toBeVisible()
  const shells = async () => (await witness('docker28-tcp', ['top', id, '-o', 'pid,args'])).stdout
  await expect.poll(shells).not.toMatch(/\bsh\b/)
})

everyLook('a terminal', async ({ page, look }) => {
  const name = 'look'
  await run('docker-unix', name)
  await page.goto(`/terminal?open=${await openOn(page, name)}`)
  await expect(page.getByRole('status').filter({ hasText: 'Open' })).toBeVisible()
  await page.keyboard.type('ls --color=always -la /\n')
  await expect.poll(() => screen(page)).toContain('etc')
  await look('terminal', { without: '.xterm' })
})
