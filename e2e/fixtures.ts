import { type APIRequestContext, test as base, expect, type Page } from '@playwright/test'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { e2eOrigin } from './address.ts'
import { administrator } from './global-setup.ts'
import type { EngineName } from './lab/state.ts'

export { expect } from '@playwright/test'

const origin = e2eOrigin

/** Every version of an engine, and every way to a remote one, once: for what the way makes no difference to. */
export const everyVersion: readonly EngineName[] = ['docker-tls', 'docker28-tcp', 'podman-ssh', 'podman5-tcp']

/** Signed in by the API, so that each test begins where it wants. A page that logs an error fails its test. */
export const test = base.extend<{ signedIn: Page; api: APIRequestContext }>({
  signedIn: async ({ page }, use) => {
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('console', (message) => {
      // A refused request is logged by the browser itself; the tests assert on what the page makes of it.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        problems.push(message.text())
    })
    await signIn(page.request)
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
    expect(answer.status(), await answer.text()).toBe(200)
  }
  await expect
    .poll(
      async () =>
        (await hostsOf(request))
          .filter((host) => host.state !== 'online' || !host.syncedAt)
          .map((host) => host.name),
      { timeout: 30_000 },
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
