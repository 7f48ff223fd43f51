import { containersOf, expect, test } from './fixtures.ts'
import { check, everyLook } from './looks.ts'

everyLook('the pages', async ({ page, api, shoot }) => {
  test.setTimeout(180_000)
  const [failed] = await containersOf(api, 'host:docker-unix name:failed')
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
    await shoot(name)
    await test.step(name, () => check(page))
  }
})

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
