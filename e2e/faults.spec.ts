import { e2eOrigin } from './address.ts'
import { containersOf, expect, hostsOf, registerLab, test } from './fixtures.ts'
import { blackhole, freeze, heal, killEngine, refill, restartEngine, thaw } from './lab/faults.ts'
import { witness } from './lab/witness.ts'

test.beforeEach(async ({ api }) => {
  await registerLab(api)
})

const stateOf = (api: Parameters<typeof hostsOf>[0], name: string) => async () =>
  (await hostsOf(api)).find((host) => host.name === name)?.state

test('a frozen, a killed and a black-holed host among healthy ones: the page stays quick, rows stay, healing is noticed', async ({
  signedIn: page,
  api,
}) => {
  test.setTimeout(180_000)
  await page.goto('/containers?group=host')
  await expect(page.getByRole('row').filter({ hasText: 'docker-tls' }).first()).toBeVisible()
  try {
    freeze('docker-tls')
    await killEngine('podman-tcp')
    await blackhole('docker28-tcp')
    // Bars of the issue: hung within 10 s, black-holed within 30 s; a margin for a busy machine.
    await expect.poll(stateOf(api, 'podman-tcp'), { timeout: 12_000 }).toBe('unreachable')
    await expect.poll(stateOf(api, 'docker-tls'), { timeout: 12_000 }).toBe('unresponsive')
    await expect.poll(stateOf(api, 'docker28-tcp'), { timeout: 32_000 }).toBe('unreachable')

    // The others go on: an action on a healthy host, seen at once.
    await page.goto('/containers?filter=chatter')
    for (const dead of ['docker-tls', 'podman-tcp', 'docker28-tcp']) {
      await expect(page.getByRole('row').filter({ hasText: dead })).toContainText('old')
    }
    await witness('podman5-tcp', ['stop', '-t', '1', 'chatter'])
    await expect(page.getByRole('row').filter({ hasText: 'podman5-tcp' })).toContainText('exited')
    await witness('podman5-tcp', ['start', 'chatter'])
    await expect(page.getByRole('row').filter({ hasText: 'podman5-tcp' })).toContainText('running')

    // An action on a dead host is refused at once, with the reason, and without dialling.
    const [frozen] = await containersOf(api, 'host:docker-tls name:web')
    const began = performance.now()
    const refused = await api.post(`/api/hosts/${frozen?.hostId}/containers/${frozen?.id}/stop`, {
      data: {},
      headers: { origin: e2eOrigin },
    })
    expect((await refused.json()).error.code).toBe('host_unresponsive')
    expect(performance.now() - began).toBeLessThan(2000)
  } finally {
    thaw('docker-tls')
    await heal('docker28-tcp')
    await restartEngine('podman-tcp')
  }
  for (const name of ['docker-tls', 'docker28-tcp', 'podman-tcp'])
    await expect.poll(stateOf(api, name), { timeout: 15_000 }).toBe('online')
  await refill('podman-tcp')
  await expect(page.getByRole('row').filter({ hasText: 'docker-tls' })).not.toContainText('old')
})

test('changes made while the dashboard could not see them are found after the cut', async ({
  signedIn: page,
  api,
}) => {
  try {
    await blackhole('podman5-tcp')
    await witness('podman5-tcp', [
      'create',
      '--name',
      'made-in-the-dark',
      'lab.internal/busybox:1.36',
      'true',
    ])
    await expect.poll(stateOf(api, 'podman5-tcp'), { timeout: 32_000 }).not.toBe('online')
    // What a host that is away has is not known, and nobody says that it has none.
    await page.goto('/containers?filter=made-in-the-dark')
    await expect(page.getByText('podman5-tcp has not answered')).toBeVisible()
  } finally {
    await heal('podman5-tcp')
  }
  await page.goto('/containers?filter=made-in-the-dark')
  await expect(page.getByRole('row').filter({ hasText: 'made-in-the-dark' })).toContainText('created')
  await witness('podman5-tcp', ['rm', '-f', 'made-in-the-dark'])
  await expect(page.getByText('Nothing matches the filter')).toBeVisible()
})
