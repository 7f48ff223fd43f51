import type { Page } from '@playwright/test'
import type { LiveFrame } from '#lib/contracts/live.ts'
import type { ContainerStatsFrame } from '#lib/contracts/stats.ts'
import { containersOf, expect, registerLab, row, samePages, test } from './fixtures.ts'
import { burn } from './lab/burner.ts'
import { engineNames } from './lab/state.ts'
import { witnessedUse } from './lab/witness.ts'
import { everyLook } from './looks.ts'

test.beforeEach(async ({ api }) => {
  await registerLab(api)
})

let rest: (() => Promise<void>) | undefined
test.beforeAll(async () => {
  rest = await burn(engineNames)
})
test.afterAll(() => rest?.())

async function burnerOf(api: Parameters<typeof containersOf>[0], host: string) {
  const [burner] = await containersOf(api, `host:${host} name:burner`)
  if (!burner) throw new Error(`No burner on ${host}`)
  return burner
}

/** The curves that the page was given, as they come. */
function histories(page: Page): Extract<ContainerStatsFrame, { type: 'history' }>[] {
  const found: Extract<ContainerStatsFrame, { type: 'history' }>[] = []
  page.on('websocket', (socket) => {
    if (!socket.url().endsWith('/api/live')) return
    socket.on('framereceived', ({ payload }) => {
      const told = JSON.parse(String(payload)) as LiveFrame<'container-stats'>
      if (told.type === 'frame' && told.frame.type === 'history') found.push(told.frame)
    })
  })
  return found
}

/** A chart's first line, as SVG path data: M and L for each point. */
const curve = (page: Page, chart: string) =>
  page.locator(`[data-chart="${chart}"] .recharts-line-curve`).first().getAttribute('d')
const pointsIn = (path: string | null) => (path?.match(/[ML]/g) ?? []).length

for (const name of samePages) {
  test(`${name}: opens with a curve, and live values agree with the CLI`, async ({ signedIn: page, api }) => {
    const burner = await burnerOf(api, name)
    const given = histories(page)
    await page.goto(`/containers/${burner.hostId}/${burner.id}?tab=stats`)
    await expect.poll(async () => pointsIn(await curve(page, 'Memory'))).toBeGreaterThan(1)
    expect(given[0]?.points.length).toBeGreaterThan(0)

    const now = page.getByRole('row', { name: /^CPU/ }).getByRole('cell').first()
    /** Three looks at the page, one a second, while the CLI takes its own: the difference in points. */
    const compare = async () => {
      const seen: number[] = []
      const look = async () => {
        await page.waitForTimeout(1000)
        seen.push(Number.parseFloat((await now.textContent()) ?? ''))
      }
      const [told] = await Promise.all([witnessedUse(name, 'burner'), look().then(look).then(look)])
      return Math.abs(seen.reduce((sum, value) => sum + value, 0) / seen.length - told.cpu)
    }
    // A busy machine does not give a container its share evenly: looked at again then.
    await expect.poll(compare, { timeout: 25_000 }).toBeLessThan(2)
    // That is all it may use.
    await expect(page.getByRole('figure', { name: 'CPU' })).toContainText('of its limit of 0.03 CPUs')
    await expect(page.getByRole('figure', { name: 'Memory' })).toContainText('of its limit of 64 MiB')
    await expect(page.locator('.stats-limit')).toHaveCount(1)
  })
}

test('Fleet and the table show CPU and memory of every engine', async ({ signedIn: page, api }) => {
  await page.goto('/containers?filter=name:burner&sort=-cpu')
  for (const name of engineNames) {
    const burner = await burnerOf(api, name)
    const line = row(page, `${burner.hostId}/${burner.id}`)
    await expect(line).toContainText(/[2-4]\.\d%/, { timeout: 30_000 })
    await expect(line).toContainText(/\d+ KiB/)
    await expect(line.locator('svg path[d^="M"][stroke="currentColor"]').first()).toBeAttached()
  }
  await page.goto('/')
  const hosts = page.getByRole('region', { name: 'Hosts' })
  for (const name of engineNames) {
    const line = hosts.getByRole('listitem').filter({ hasText: name }).first()
    await expect(line).toContainText(/\d\.\d%/)
    await expect(line).toContainText(/[\d.]+ [KM]iB/)
  }
  const totals = page.getByRole('list', { name: 'The fleet in numbers' })
  await expect(totals).toContainText(/\d\.\d% of \d+ CPUs/)
  await expect(totals).toContainText(/MiB of [\d.]+ GiB/)
})

test('pause holds the charts still, and one cursor goes over all of them', async ({
  signedIn: page,
  api,
}) => {
  const burner = await burnerOf(api, 'docker28-tcp')
  await page.goto(`/containers/${burner.hostId}/${burner.id}?tab=stats&range=1m`)
  await expect.poll(async () => pointsIn(await curve(page, 'CPU'))).toBeGreaterThan(3)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('toolbar')).toContainText('Paused at')
  const held = await curve(page, 'CPU')
  await page.waitForTimeout(2500)
  expect(await curve(page, 'CPU')).toBe(held)

  const chart = page.locator('[data-chart="Memory"]')
  const box = await chart.boundingBox()
  if (!box) throw new Error('No chart')
  await page.mouse.move(box.x + box.width - 60, box.y + 40)
  await expect(page.locator('.stats-cursor')).toHaveCount(5)
  await expect(page.getByRole('toolbar')).toContainText(/At \d+:\d\d:\d\d/)
  await page.mouse.move(box.x + 10, box.y - 60)
  await expect(page.locator('.stats-cursor')).toHaveCount(0)

  await page.getByRole('region', { name: /^Charts/ }).focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  const at = await page.getByRole('toolbar').textContent()
  await page.keyboard.press('ArrowLeft')
  await expect(page.getByRole('toolbar')).not.toHaveText(at ?? '')
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(async () => (await curve(page, 'CPU')) === held).toBe(false)
})

test('what does not run says so instead of showing zeros', async ({ signedIn: page, api }) => {
  const [failed] = await containersOf(api, 'host:podman-unix name:failed')
  await page.goto(`/containers/${failed?.hostId}/${failed?.id}?tab=stats`)
  await expect(page.getByText('No numbers yet')).toBeVisible()
  await page.goto('/containers?filter=host:podman-unix name:failed')
  await expect(row(page, `${failed?.hostId}/${failed?.id}`)).toContainText('exited')
  await expect(row(page, `${failed?.hostId}/${failed?.id}`)).not.toContainText('%')
})

everyLook('the charts', async ({ page, api, look }) => {
  const burner = await burnerOf(api, 'podman5-tcp')
  await page.goto(`/containers/${burner.hostId}/${burner.id}?tab=stats&range=1m`)
  await expect.poll(async () => pointsIn(await curve(page, 'CPU'))).toBeGreaterThan(1)
  await look('container-stats')
})
