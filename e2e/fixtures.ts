import { type APIRequestContext, test as base, expect, type Locator, type Page } from '@playwright/test'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { wholeTables } from '#server/testing/whole-tables.ts'
import { e2eOrigin } from './address.ts'
import { administrator } from './global-setup.ts'
import { type EngineName, engineNames } from './lab/state.ts'

export { expect } from '@playwright/test'

const origin = e2eOrigin

/**
 * Where a page is tried again and again: what differs among engines is proven beside each service of the server, so a Docker
 * and a Podman of the two ages do. `npm run test:hard` takes every version and every way to a remote one.
 */
export const samePages: readonly EngineName[] = wholeTables
  ? ['docker-unix', 'docker-tls', 'docker-ssh', 'docker28-tcp', 'podman-ssh', 'podman5-tcp']
  : ['docker28-tcp', 'podman-ssh']

/** Signed in by the API, so that each test begins where it wants. A page that logs an error fails its test. */
export const test = base.extend<{ signedIn: Page; api: APIRequestContext }>({
  signedIn: async ({ page, api }, use) => {
    // The API's session is that of the page.
    expect(api).toBe(page.request)
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('console', (message) => {
      // A refused request is logged by the browser itself; the tests assert on what the page makes of it.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        problems.push(message.text())
    })
    await use(page)
    expect(problems).toEqual([])
  },
  api: async ({ page }, use) => {
    await signIn(page.request)
    await use(page.request)
  },
})

export async function signIn(request: APIRequestContext): Promise<void> {
  const { email, password } = administrator
  const answer = await request.post('/api/session', { data: { email, password }, headers: { origin } })
  expect(answer.status(), await answer.text()).toBe(200)
}

/** Registers every engine of the lab that is not registered yet; resolves when all are online. */
export async function registerLab(request: APIRequestContext): Promise<Host[]> {
  // To look for engines is to knock at each: not before every test.
  const hosts = await hostsOf(request)
  const names = hosts.filter(({ state, syncedAt }) => state === 'online' && syncedAt).map(({ name }) => name)
  if (engineNames.every((name) => names.includes(name))) return hosts
  const found = (await (await request.get('/api/hosts/discovered')).json()) as {
    key: string
    source: string
    registeredAs: string | null
  }[]
  for (const engine of found) {
    if (engine.source !== 'lab' || engine.registeredAs) continue
    const answer = await request.post(`/api/hosts/discovered/${engine.key}`, {
      data: {},
      headers: { origin },
    })
    // The test beside this one registers the same engines.
    if (answer.status() === 409) continue
    expect(answer.status(), await answer.text()).toBe(200)
  }
  await expect
    .poll(
      async () =>
        (await hostsOf(request))
          .filter((host) => host.state !== 'online' || !host.syncedAt)
          .map((host) => host.name),
      { timeout: 60_000 },
    )
    .toEqual([])
  return hostsOf(request)
}

export async function hostsOf(request: APIRequestContext): Promise<Host[]> {
  return (await (await request.get('/api/hosts')).json()) as Host[]
}

export async function containersOf(request: APIRequestContext, filter: string): Promise<Container[]> {
  const answer = await request.get('/api/containers', { params: { filter } })
  return ((await answer.json()) as { items: Container[] }).items
}

/** The row of a container in the table, whatever else is on the page. */
export function row(page: Page, key: string) {
  return page.locator(`[data-row="${key}"]`)
}

/**
 * Waits until a task of the tray is over, and it went well in all of its parts. Its words are no witness: the first step of
 * a running task is "done", and "7 done, the rest not" has the word too.
 */
export async function succeeded(task: Locator): Promise<void> {
  await expect(task).toHaveAttribute('data-state', /^(?!queued|running)/, { timeout: 120_000 })
  expect(await task.getAttribute('data-state'), await task.innerText()).toBe('succeeded')
}
