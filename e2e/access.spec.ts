import { randomUUID } from 'node:crypto'
import type { APIRequestContext } from '@playwright/test'
import type { NewGrant } from '#lib/contracts/access.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { People } from '#lib/contracts/users.ts'
import { grantablePermissions } from '#lib/permissions.ts'
import { e2eOrigin } from './address.ts'
import { containersOf, expect, hostsOf, registerLab, row, test } from './fixtures.ts'
import { engineCall } from './lab/engine-http.ts'
import { labImages } from './lab/images.ts'
import { type EngineName, labEngine } from './lab/state.ts'
import { everyLook, opposites } from './looks.ts'

const password = 'a long enough password'
const headers = { origin: e2eOrigin }
const mark = Math.random().toString(36).slice(2, 8)
const label = `e2e.team-${mark}`
const made: (() => Promise<unknown>)[] = []
test.afterAll(async () => {
  for (const undo of made) await undo().catch(() => {})
})

const nameOf = (which: string) => `e2eaccess-${mark}-${which}`
const key = ({ hostId, id }: Container) => `${hostId}/${id}`

async function run(engine: EngineName, which: string, team?: string): Promise<void> {
  const { localSocketPath } = labEngine(engine)
  const { Id } = await engineCall<{ Id: string }>(
    localSocketPath,
    'POST',
    `/v1.41/containers/create?name=${nameOf(which)}`,
    {
      Image: labImages.busybox,
      Labels: team ? { [label]: team } : {},
      Cmd: ['/bin/sh', '-c', `trap 'exit 0' TERM; echo "here is ${which}"; while :; do sleep 1; done`],
    },
  )
  made.push(() => engineCall(localSocketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`))
  await engineCall(localSocketPath, 'POST', `/v1.41/containers/${Id}/start`)
}

/** Two of team a, on two hosts, one of team b, and one of no team. */
async function fourContainers(
  api: APIRequestContext,
): Promise<Record<'a1' | 'a2' | 'b' | 'none', Container>> {
  await Promise.all([
    run('docker-unix', 'a1', 'a'),
    run('podman5-tcp', 'a2', 'a'),
    run('docker-unix', 'b', 'b'),
    run('docker-unix', 'none'),
  ])
  const found = () => containersOf(api, `name:e2eaccess-${mark}`)
  await expect.poll(async () => (await found()).filter(({ state }) => state === 'running').length).toBe(4)
  const all = await found()
  const one = (which: string) => all.find(({ name }) => name === nameOf(which)) as Container
  return { a1: one('a1'), a2: one('a2'), b: one('b'), none: one('none') }
}

/** Invited with no role, and joined by `request`, which is signed in from then on. */
async function join(api: APIRequestContext, request: APIRequestContext, name: string): Promise<string> {
  const email = `${mark}-${name.toLowerCase().replace(/\W/g, '')}@example.com`
  const invited = await api.post('/api/invitations', { data: { name, email, role: null }, headers })
  expect(invited.status(), await invited.text()).toBe(200)
  const token = new URL(((await invited.json()) as { url: string }).url).hash.slice(1)
  const joined = await request.post(`${e2eOrigin}/api/join`, { data: { token, password }, headers })
  expect(joined.status(), await joined.text()).toBe(200)
  const { users } = (await (await api.get('/api/users')).json()) as People
  const id = users.find((user) => user.email === email)?.id ?? ''
  return id
}

test('a role of one’s own, granted by a label: exactly these containers are there, and a denial or its end is seen at once', async ({
  signedIn: page,
  api,
  browser,
}) => {
  test.setTimeout(150_000)
  await registerLab(api)
  const { a1, a2, b, none } = await fourContainers(api)
  const context = await browser.newContext({ baseURL: e2eOrigin })
  const name = `Ann ${mark}`
  await join(api, context.request, name)
  const ann = await context.newPage()
  const refused: string[] = []
  ann.on('response', (answer) => {
    if (answer.status() === 403) refused.push(`${answer.request().method()} ${answer.url()}`)
  })
  await ann.goto('/containers')
  await expect(ann.getByRole('heading', { name: 'No host is there for you yet' })).toBeVisible()

  const role = `Reader ${mark}`
  await page.goto('/users')
  await page.getByRole('button', { name: 'New role…' }).click()
  const dialog = page.getByRole('dialog').last()
  await dialog.getByLabel('Name', { exact: true }).fill(role)
  await dialog.getByLabel('Read logs').check()
  await dialog.getByRole('checkbox', { name: /^Restart/ }).check()
  await expect(dialog.getByRole('status')).toHaveText('2 permissions')
  await dialog.getByRole('button', { name: 'Make the role' }).click()
  await expect(page.getByRole('list', { name: 'Roles' })).toContainText(role)

  await page.getByRole('button', { name, exact: true }).click()
  const drawer = page.getByRole('dialog', { name, exact: true })
  const grant = async (fill: () => Promise<void>, expected: string) => {
    await drawer.getByRole('button', { name: 'Add a grant…' }).click()
    await fill()
    await expect(dialog.getByRole('status')).toContainText(expected)
    await dialog.getByRole('button', { name: 'Add the grant' }).click()
    await expect(dialog.getByRole('button', { name: 'Add the grant' })).toHaveCount(0)
  }
  await grant(async () => {
    await dialog.getByLabel('What the role allows').selectOption({ label: role })
    await dialog.getByText('By label').click()
    await dialog.getByLabel('Label', { exact: true }).fill(label)
    await expect(dialog.getByRole('status')).toContainText('Matches 3 containers on 2 hosts now.')
    await dialog.getByLabel('Its value').fill('a')
  }, 'Matches 2 containers on 2 hosts now.')
  await expect(drawer.getByRole('list', { name: 'Grants' })).toContainText(
    `May: ${role} on all hosts, containers with label ${label}=a`,
  )

  // She had no live socket that could tell her; from here on nothing of hers is loaded again.
  await ann.reload()
  await expect(row(ann, key(a1))).toBeVisible()
  await expect(row(ann, key(a2))).toBeVisible()
  await expect(ann.locator('[data-row]')).toHaveCount(2)
  const rail = ann.getByRole('navigation', { name: 'Main' })
  await expect(rail.getByRole('link', { name: /Containers/ })).toContainText('2')
  await expect(rail.getByRole('link', { name: /Images|Users|Terminal/ })).toHaveCount(0)
  await row(ann, key(a1))
    .getByRole('button', { name: /^More actions/ })
    .click()
  await expect(ann.getByRole('menuitem', { name: 'Restart', exact: true })).toBeVisible()
  await expect(ann.getByRole('menuitem', { name: /^(Stop|Kill|Remove|Terminal)/ })).toHaveCount(0)
  await ann.keyboard.press('Escape')
  await ann.keyboard.press('Control+k')
  await ann.getByPlaceholder('Container, image, host').fill(`e2eaccess-${mark}`)
  await expect(ann.getByRole('option', { name: new RegExp(`e2eaccess-${mark}`) })).toHaveCount(2)
  await ann.keyboard.press('Escape')
  await ann.goto(`/logs?filter=name:e2eaccess-${mark}`)
  const sources = ann
    .getByRole('list', { name: 'Sources' })
    .getByRole('button', { name: /^Hide or show the lines of/ })
  await expect(ann.locator('[data-log]')).toContainText('here is a1')
  await expect.poll(async () => (await sources.allInnerTexts()).sort()).toEqual([nameOf('a1'), nameOf('a2')])
  await ann.goto(`/containers/${b.hostId}/${b.id}`)
  await expect(ann.getByRole('heading', { name: 'This container is not there' })).toBeVisible()
  await ann.goto(`/containers/${a1.hostId}/${a1.id}`)
  await expect(ann.getByRole('tab')).toHaveText(['Overview', 'Logs', 'Environment', 'Inspect'])
  await ann.goto('/disk')
  await expect(ann.getByText('Where you may see only some containers')).toBeVisible()
  await expect(ann.getByRole('row', { name: /^docker-unix/ })).toContainText(/docker-unix–\d/)
  await expect(ann.getByRole('button', { name: /^Prune/ })).toHaveCount(0)
  await ann.goto('/hosts')
  await expect(ann.getByText('none of yours').first()).toBeVisible()
  await ann.goto('/')
  await expect(ann.getByText(/you may see only some of the containers/)).toBeVisible()
  await expect(ann.getByText('In unused images')).toHaveCount(0)
  await ann.goto('/images')
  await expect(ann.getByRole('heading', { name: 'Not for your role' })).toBeVisible()
  expect(refused).toEqual([])
  for (const hidden of [b, none])
    expect((await context.request.get(`/api/hosts/${hidden.hostId}/containers/${hidden.id}`)).status()).toBe(
      404,
    )

  await ann.goto('/containers')
  await expect(row(ann, key(a2))).toBeVisible()
  await ann.evaluate(() => Object.assign(window, { sameDocument: true }))
  await grant(async () => {
    await dialog.getByText('May not', { exact: true }).click()
    await dialog.getByText('By name').click()
    await dialog.getByLabel('Name', { exact: true }).fill(`*-${mark}-a2`)
  }, 'Matches 1 container on 1 host now.')
  await expect(row(ann, key(a2))).toHaveCount(0)
  await expect(row(ann, key(a1))).toBeVisible()
  await expect(rail.getByRole('link', { name: /Containers/ })).toContainText('1')

  await drawer.getByLabel('On host').selectOption({ label: 'podman5-tcp' })
  await drawer.getByLabel('With container').selectOption({ label: nameOf('a2') })
  await expect(drawer.getByText(`${name} does not see ${nameOf('a2')}`)).toBeVisible()
  const decision = drawer.getByRole('row', { name: /^See containers/ })
  await expect(decision).toContainText('denied')
  await expect(decision).toContainText(`May not: Viewer on all hosts, containers named *-${mark}-a2`)
  await expect(drawer.getByRole('row', { name: /^Read logs/ })).toContainText(`label ${label}=a`)

  await drawer.getByRole('button', { name: 'See as this person' }).click()
  const banner = page.getByRole('region', { name: 'Preview' })
  await expect(banner).toContainText(`You see Roadstead as ${name}`)
  await page.goto('/containers')
  await expect(row(page, key(a1))).toBeVisible()
  await expect(page.locator('[data-row]')).toHaveCount(1)
  const restart = await api.post(`/api/hosts/${a1.hostId}/containers/${a1.id}/restart`, { data: {}, headers })
  expect(restart.status()).toBe(403)
  await banner.getByRole('button', { name: 'End the preview' }).press('Enter')
  await expect(page).toHaveURL(/\/users$/)
  await expect(banner).toHaveCount(0)

  await page.getByRole('button', { name, exact: true }).click()
  for (const left of [1, 0]) {
    await drawer
      .getByRole('button', { name: /^Take away: May/ })
      .last()
      .click()
    await dialog.getByRole('button', { name: 'Take away', exact: true }).click()
    await expect(drawer.getByRole('button', { name: /^Take away: May/ })).toHaveCount(left)
    if (left === 1) await expect(row(ann, key(a2))).toBeVisible()
  }
  await expect(ann.getByRole('heading', { name: 'No host is there for you yet' })).toBeVisible()
  expect(await ann.evaluate(() => 'sameDocument' in window)).toBe(true)
  await context.close()
})

test('in a preview all that the person could do is there and held back: no click, key or drop is refused, since none asks', async ({
  signedIn: page,
  api,
  browser,
}) => {
  test.setTimeout(150_000)
  await registerLab(api)
  await run('docker-unix', 'previewed')
  const context = await browser.newContext({ baseURL: e2eOrigin })
  const name = `Paula ${mark}`
  const person = await join(api, context.request, name)
  await context.close()
  const role = await api.post('/api/roles', {
    data: { name: `Everything ${mark}`, permissions: grantablePermissions },
    headers,
  })
  const grant = {
    effect: 'allow',
    role: ((await role.json()) as { id: string }).id,
    hosts: { kind: 'all' },
    containers: { kind: 'all' },
  }
  const given = await api.post(`/api/users/${person}/grants`, { data: grant, headers })
  expect(given.status(), await given.text()).toBe(200)
  await expect
    .poll(async () => (await containersOf(api, `name:${nameOf('previewed')}`))[0]?.state)
    .toBe('running')
  const [container] = await containersOf(api, `name:${nameOf('previewed')}`)
  if (!container) throw new Error('no container')
  const begun = await api.post('/api/preview', { data: { userId: person }, headers })
  expect(begun.status()).toBe(200)

  const asked: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (request.method() !== 'GET') asked.push(`${request.method()} ${pathname}`)
  })
  page.on('response', (response) => {
    if (response.status() === 403) asked.push(`403 ${new URL(response.url()).pathname}`)
  })
  const main = page.getByRole('main')
  const pressAll = async () => {
    for (const control of await page.locator('[aria-disabled=true]:visible').all())
      await control.dispatchEvent('click')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  }
  const at = `/containers/${container.hostId}/${container.id}`
  const shown: [path: string, ...controls: string[]][] = [
    ['/containers', 'New container'],
    ['/images', 'Build…', 'Pull…'],
    ['/terminal', 'New'],
    ['/registries', 'Add a registry'],
    ['/archives', 'Upload…'],
    ['/disk'],
    ['/hosts', 'Add a host'],
    ['/users'],
    ['/audit', 'Export'],
    [at],
    ['/logs'],
    ['/'],
  ]
  for (const [path, ...controls] of shown) {
    await page.goto(path)
    await expect(page.getByRole('region', { name: 'Preview' })).toBeVisible()
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
    for (const control of controls)
      await expect(main.getByText(control, { exact: true }).first()).toHaveAttribute('aria-disabled', 'true')
    await pressAll()
    await expect(page).toHaveURL(new RegExp(`${path}$`))
  }

  await page.goto(`/containers?filter=name:${nameOf('previewed')}`)
  await row(page, key(container)).getByRole('checkbox').check()
  const bar = page.getByRole('region', { name: 'Actions on the selected containers' })
  const stop = bar.getByRole('button', { name: 'Stop', exact: true })
  await stop.focus()
  await expect(page.getByRole('tooltip')).toHaveText('Preview: nothing is changed')
  await expect(stop).toHaveAccessibleDescription('Preview: nothing is changed')
  await stop.press('Enter')
  await expect(bar.getByRole('link', { name: 'Logs' })).not.toHaveAttribute('aria-disabled')
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('option', { name: new RegExp(`^Stop ${nameOf('previewed')}`) })
  await expect(palette).toHaveAttribute('aria-disabled', 'true')
  await expect(palette).toContainText('Preview: nothing is changed')
  await palette.click({ force: true })
  await page.keyboard.press('Escape')
  await row(page, key(container))
    .getByRole('button', { name: /^More actions/ })
    .click()
  const kill = page.getByRole('menuitem', { name: /^Kill/ })
  await expect(kill).toHaveAttribute('aria-disabled', 'true')
  await kill.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('Escape')
  for (const tab of ['terminal', 'files']) {
    await page.goto(`${at}?tab=${tab}`)
    await expect(page.getByRole('heading', { name: 'Not opened in a preview' })).toBeVisible()
  }
  await page.goto('/archives')
  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer()
    data.items.add(new File(['x'], 'dropped-in-preview.tar'))
    return data
  })
  await main.locator('> *').first().dispatchEvent('drop', { dataTransfer: dropped })
  await expect(main.getByText('dropped-in-preview.tar')).toHaveCount(0)
  expect(asked).toEqual([])
})

everyLook(
  'grants, roles, what somebody may, and the preview',
  async ({ page, api, look }) => {
    const context = await page.context().browser()?.newContext({ baseURL: e2eOrigin })
    if (!context) throw new Error('no browser')
    const name = `Maximiliane Oberstaufenbach-Winterhalter ${randomUUID().slice(0, 4)}`
    const id = await join(api, context.request, name)
    await context.close()
    const give = async (grant: NewGrant) => {
      const answer = await api.post(`/api/users/${id}/grants`, { data: grant, headers })
      expect(answer.status(), await answer.text()).toBe(200)
    }
    const [host] = await hostsOf(api)
    const shop = { kind: 'label', key: 'com.docker.compose.project', value: 'shop' } as const
    await give({ effect: 'allow', role: 'operator', hosts: { kind: 'all' }, containers: shop })
    await give({
      effect: 'deny',
      role: 'viewer',
      hosts: { kind: 'host', hostId: host?.id ?? '' },
      containers: { kind: 'name', pattern: 'shop-db*' },
    })
    const dialog = page.getByRole('dialog').last()
    const within = '[role=dialog]'
    await page.goto('/users')
    await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('2 grants')
    await look('access-users')
    await page.getByRole('button', { name: 'New role…' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('Deployer')
    await dialog.getByLabel('All of Containers').check()
    const count = grantablePermissions.filter((one) => one.startsWith('containers.')).length
    await expect(dialog.getByRole('status')).toHaveText(`${count} permissions`)
    await look('access-role', { within })
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name, exact: true }).click()
    const drawer = page.getByRole('dialog', { name, exact: true })
    await expect(drawer.getByRole('row', { name: /^See containers/ })).toContainText('allowed')
    await look('access-explained', { within })
    // A drawer would hide what is too wide for it.
    const excess = (table: Element) => table.scrollWidth - (table.parentElement?.clientWidth ?? 0)
    expect(await drawer.getByRole('table').evaluate(excess)).toBeLessThanOrEqual(0)
    await drawer.getByRole('button', { name: 'Add a grant…' }).click()
    await dialog.getByText('By tag').click()
    await dialog.getByText('By label').click()
    await expect(dialog.getByRole('status')).toContainText('Say what is missing')
    await dialog.getByLabel('Tag', { exact: true }).fill('prod')
    await dialog.getByLabel('Label', { exact: true }).fill('team')
    await expect(dialog.getByRole('status')).toContainText('on hosts tagged prod, containers with label team')
    await look('access-grant', { within })
    await page.keyboard.press('Escape')
    await drawer.getByRole('button', { name: 'See as this person' }).click()
    await expect(page.getByRole('region', { name: 'Preview' })).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Fleet' })).toBeVisible()
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
    await expect(page.getByText(/you may see only some of the containers/)).toBeVisible()
    await look('access-preview')
    // What a part of a host looks like where it is most of all about whole hosts.
    await page.goto('/disk')
    await expect(page.getByRole('row', { name: /^docker-unix/ })).toContainText(/docker-unix–\d/)
    await look('access-part-disk')
    await page.goto('/images')
    await expect(page.getByText('It is about whole hosts')).toBeVisible()
    await look('access-part-denied')
    await page.goto('/containers?filter=name:nothing-of-that-name')
    await expect(page.getByRole('heading', { name: 'Nothing matches the filter' })).toBeVisible()
    await look('access-part-none')
  },
  opposites,
)
