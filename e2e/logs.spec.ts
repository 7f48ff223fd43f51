import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { containersOf, expect, registerLab, samePages, test } from './fixtures.ts'
import { engineCall } from './lab/engine-http.ts'
import { labImages } from './lab/images.ts'
import { type EngineName, labEngine } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { everyLook } from './looks.ts'

const prefix = `e2elog-${randomUUID().slice(0, 6)}`
const made: (() => Promise<unknown>)[] = []
test.afterAll(async () => {
  for (const remove of made) await remove().catch(() => {})
})

async function run(engine: EngineName, name: string, script: string): Promise<string> {
  const { localSocketPath } = labEngine(engine)
  const { Id } = await engineCall<{ Id: string }>(
    localSocketPath,
    'POST',
    `/v1.41/containers/create?name=${prefix}-${name}`,
    { Image: labImages.busybox, Cmd: ['/bin/sh', '-c', script] },
  )
  made.push(() => engineCall(localSocketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`))
  await engineCall(localSocketPath, 'POST', `/v1.41/containers/${Id}/start`)
  return Id
}

/** The lines in sight, as the terminal drew them. */
async function lines(page: Page): Promise<string[]> {
  const rows = await page.locator('[data-log] .xterm-rows > div').allInnerTexts()
  return rows
    .map((row) =>
      row
        .replaceAll('\u00a0', ' ')
        .replace(/^[▌╎ ]/, '')
        .trimEnd(),
    )
    .filter(Boolean)
}

for (const name of samePages) {
  test(`${name}: the page shows what the CLI prints, and goes on as it is written`, async ({
    signedIn: page,
    api,
  }) => {
    await registerLab(api)
    const id = await run(
      name,
      name,
      'i=0; while [ $i -lt 12 ]; do i=$((i+1)); echo "line $i of many"; done; echo oops >&2; sleep 1; echo later; sleep 600',
    )
    const found = async () => (await containersOf(api, `name:${prefix}-${name}`)).length
    await expect.poll(found).toBe(1)
    const [container] = await containersOf(api, `name:${prefix}-${name}`)
    await page.goto(`/logs?containers=${container?.hostId}/${id.slice(0, 12)}&times=off`)
    await expect.poll(() => lines(page)).toContain('later')
    const shown = await lines(page)
    const told = await witness(name, ['logs', id])
    const expected = `${told.stdout}${told.stderr}`.split('\n').filter(Boolean)
    expect([...shown].sort()).toEqual([...expected].sort())
    // Between stdout and stderr the order is the engine's own, and differs from run to run.
    expect(shown.filter((line) => line.startsWith('line')).slice(0, 12)).toEqual(
      Array.from({ length: 12 }, (_, index) => `line ${index + 1} of many`),
    )
  })
}

test('several hosts in one view; a filter takes in what comes; a link shows the same', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  await page.goto(`/logs?filter=${encodeURIComponent(`name~${prefix}-merge`)}`)
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible()
  for (const engine of ['docker-tls', 'docker28-tcp', 'podman-ssh'] as const)
    await run(
      engine,
      `merge-${engine}`,
      `i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo "${engine} $i"; sleep 0.1; done; sleep 600`,
    )
  for (const engine of ['docker-tls', 'docker28-tcp', 'podman-ssh'])
    await expect.poll(async () => (await lines(page)).some((line) => line.includes(`${engine} `))).toBe(true)
  const sources = page.getByRole('list', { name: 'Sources' })
  await expect(sources.getByRole('listitem')).toHaveCount(3)
  await page.reload()
  await expect(sources.getByRole('listitem')).toHaveCount(3)
  await expect.poll(async () => (await lines(page)).length).toBeGreaterThan(5)
})

test('nothing moves while older lines are read; a mark counts what comes; search counts', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const id = await run(
    'docker-unix',
    'scroll',
    'i=0; while :; do i=$((i+1)); echo "n $i"; [ $i -gt 900 ] && sleep 0.05; done',
  )
  await expect.poll(async () => (await containersOf(api, `name:${prefix}-scroll`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${prefix}-scroll`)
  await page.goto(`/logs?containers=${container?.hostId}/${id.slice(0, 12)}&times=off`)
  await expect.poll(async () => (await lines(page)).length).toBeGreaterThan(10)
  await page.locator('[data-log]').hover()
  await page.mouse.wheel(0, -3000)
  const mark = page.getByRole('button', { name: /new lines?$/ })
  await expect(mark).toBeVisible()
  const before = await lines(page)
  await page.waitForTimeout(1000)
  expect(await lines(page)).toEqual(before)
  await page.getByLabel('Search in the lines shown').fill('n 88')
  await expect(page.getByText(/^\d+ of \d+$/)).toBeVisible()
  await mark.or(page.getByRole('button', { name: 'To the end' })).click()
  await expect(mark).toBeHidden()
  const numbers = async () => (await lines(page)).map((line) => Number(line.replace(/\D/g, '')))
  const seen = await numbers()
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => (seen[0] as number) + index))
})

test('only matching lines are kept; a link leads to one of them', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const id = await run(
    'docker28-tcp',
    'keep',
    'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo "{\\"level\\":\\"info\\",\\"msg\\":\\"n $i\\",\\"code\\":$i}"; done; echo "ERROR it broke"; sleep 600',
  )
  await expect.poll(async () => (await containersOf(api, `name:${prefix}-keep`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${prefix}-keep`)
  await page.goto(`/logs?containers=${container?.hostId}/${id.slice(0, 12)}&times=off`)
  await expect.poll(() => lines(page)).toContain('ERROR it broke')
  await page.getByLabel('Level of the lines kept').selectOption('Errors')
  await expect.poll(() => lines(page)).toEqual(['ERROR it broke'])
  await expect(page.getByText('1 of 301 lines')).toBeVisible()
  await page.getByRole('button', { name: 'Show all lines' }).click()
  // The browser's own expressions would not come back from this one.
  await page.getByLabel('How lines are kept').selectOption('regex')
  await page.getByLabel('Keep only lines with').fill('(n+)+1[0-9]$|"code":15}')
  await expect.poll(() => lines(page)).toEqual(['INFO  n 15 code=15'])
  await page.locator('[data-log] .xterm-screen').click({ position: { x: 60, y: 8 } })
  const details = page.getByRole('region', { name: 'Details of a line' })
  await expect(details.getByText('"code":15}')).toBeVisible()
  await details.getByRole('button', { name: 'code as a column' }).click()
  await expect.poll(async () => (await lines(page))[0]).toMatch(/^15 +INFO +n 15$/)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await details.getByRole('button', { name: 'Copy a link to this line' }).click()
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()))
  for (const name of ['keep', 'mode', 'columns']) link.searchParams.delete(name)
  await page.goto(link.href)
  await expect(details.getByText('"code":15}')).toBeVisible()
})

test('hostile output stays output', async ({ signedIn: page, api, context }) => {
  await registerLab(api)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const id = await run(
    'docker28-tcp',
    'hostile',
    String.raw`printf '\033]52;c;b3duZWQ=\007\033]0;owned\007\033[5n\033[c\033P$q"p\033\\<script>alert(1)</script><img src=x onerror=alert(1)>\033[31mred\033[0m\n'; sleep 600`,
  )
  await expect.poll(async () => (await containersOf(api, `name:${prefix}-hostile`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${prefix}-hostile`)
  await page.goto('/containers')
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  await page.goto(`/logs?containers=${container?.hostId}/${id.slice(0, 12)}&times=off`)
  await expect.poll(() => lines(page)).toContain('<script>alert(1)</script><img src=x onerror=alert(1)>red')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
  expect(await page.title()).not.toContain('owned')
})

test('ten thousand lines a second leave the page at work', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const id = await run(
    'docker28-tcp',
    'flood',
    'i=0; while :; do j=0; while [ $j -lt 500 ]; do i=$((i+1)); j=$((j+1)); echo "n $i of a busy service with some text"; done; sleep 0.045; done',
  )
  await expect.poll(async () => (await containersOf(api, `name:${prefix}-flood`)).length).toBe(1)
  const [container] = await containersOf(api, `name:${prefix}-flood`)
  await page.goto(`/logs?containers=${container?.hostId}/${id.slice(0, 12)}&tail=100`)
  await expect.poll(async () => (await lines(page)).length).toBeGreaterThan(10)
  const measured = await page.evaluate(
    () =>
      new Promise<{ frames: number; worst: number }>((resolve) => {
        const times: number[] = []
        const tick = (now: number) => {
          times.push(now)
          if (now - (times[0] as number) < 5000) requestAnimationFrame(tick)
          else {
            const gaps = times.slice(1).map((time, index) => time - (times[index] as number))
            resolve({ frames: times.length / 5, worst: Math.max(...gaps) })
          }
        }
        requestAnimationFrame(tick)
      }),
  )
  test.info().annotations.push({ type: 'frames a second', description: JSON.stringify(measured) })
  // Liveness only; the figure belongs to the machine and is in the report.
  expect(measured.frames, JSON.stringify(measured)).toBeGreaterThan(5)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('button', { name: 'Follow' })).toBeVisible()
})

everyLook('logs', async ({ page, look }) => {
  await page.goto(`/logs?filter=${encodeURIComponent('stack:shop')}`)
  await page.goto(`/logs?filter=${encodeURIComponent('name:chatter')}`)
  await expect.poll(async () => (await lines(page)).length).toBeGreaterThan(10)
  await look('logs', { without: '.xterm' })
})
