import { containersOf, expect, test } from './fixtures.ts'
import { everyLook } from './looks.ts'

everyLook('the pages', async ({ page, api, look }) => {
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
    await test.step(name, () => look(name))
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
  // The bodies as they come, and not the headers besides: these are some 900 bytes of each answer.
  session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength
  })
  await page.goto('/containers')
  await expect(page.getByRole('grid')).toBeVisible()
  await page.waitForLoadState('networkidle')
  test
    .info()
    .annotations.push({ type: 'first load', description: `${bytes} bytes in ${scripts.size} scripts` })
  expect(bytes).toBeGreaterThan(100_000)
  expect(bytes).toBeLessThan(250_000)
})

everyLook('the API reference', async ({ page, look }) => {
  await page.goto('/account')
  await page.getByRole('link', { name: /^API reference/ }).click()
  await page.getByRole('searchbox').fill('delete hosts.edit')
  const remove = page.getByRole('listitem').filter({ hasText: '/api/hosts/{hostId}' }).first()
  await remove.getByText('DELETE', { exact: true }).click()
  await expect(remove).toContainText('Needs hosts.edit')
  await expect(remove).toContainText('curl -X DELETE -H "Authorization: Bearer $ROADSTEAD_TOKEN"')
  await look('api-reference')
})
