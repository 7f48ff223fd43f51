import { AxeBuilder } from '@axe-core/playwright'
import { containersOf, expect, registerLab, test } from './fixtures.ts'

const sizes = [
  { name: 'wide', width: 1440, height: 900 },
  { name: 'phone', width: 390, height: 844 },
] as const

// Every page, light and dark, wide and on a phone: no violation, no overflow, and a screenshot to look at.
for (const size of sizes) {
  for (const scheme of ['light', 'dark'] as const) {
    test(`pages, ${size.name}, ${scheme}: accessible and within the window`, async ({
      signedIn: page,
      api,
    }) => {
      test.setTimeout(180_000)
      await registerLab(api)
      const [failed] = await containersOf(api, 'host:docker-unix name:failed')
      await page.setViewportSize(size)
      await page.emulateMedia({ colorScheme: scheme })
      const pages = {
        fleet: '/',
        containers: '/containers',
        'containers-grouped': '/containers?group=stack&filter=host:docker-unix,podman5-tcp',
        'container-drawer': `/containers?open=${failed?.hostId}/${failed?.id.slice(0, 12)}`,
        container: `/containers/${failed?.hostId}/${failed?.id}`,
        images: '/images',
        hosts: '/hosts',
        'hosts-add': '/hosts/add',
        account: '/account',
      }
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(path)
        await expect(page.getByRole('main')).toBeVisible()
        await expect(page.getByRole('heading').first()).toBeVisible()
        await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect(wider, `${name} is wider than the window`).toBeLessThanOrEqual(0)
        await page.screenshot({ path: `test-results/looks/${name}-${size.name}-${scheme}.png` })
        const { violations } = await new AxeBuilder({ page }).analyze()
        const found = violations.map(
          (violation) => `${name}: ${violation.id} ${violation.nodes[0]?.html.slice(0, 160)}`,
        )
        expect(found).toEqual([])
      }
    })
  }
}

test('the containers page stays within 250 kB of compressed JavaScript at first load', async ({
  signedIn: page,
}) => {
  // What the page itself names; chunks of other pages that Next fetches ahead in idle time are not part of it.
  const html = await (await page.request.get('/containers')).text()
  const tags = [...html.matchAll(/<script[^>]*src="([^"]+)"[^>]*>/g)]
  const named = new Set(tags.filter(([tag]) => !/nomodule/i.test(tag)).map(([, source]) => source))
  expect(named.size).toBeGreaterThan(3)
  let bytes = 0
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const scripts = new Set<string>()
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (named.has(new URL(response.url).pathname)) scripts.add(requestId)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength
  })
  await page.goto('/containers')
  await expect(page.getByRole('grid')).toBeVisible()
  await page.waitForLoadState('networkidle')
  test
    .info()
    .annotations.push({ type: 'first load', description: `${bytes} bytes in ${scripts.size} scripts` })
  expect(bytes).toBeLessThan(250_000)
})
