import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, registerLab, test } from './fixtures.ts'
import { run } from './lab/run.ts'
import { witness } from './lab/witness.ts'

test('what the host’s drawer shows, pasted into a shell, is docker on that host', async ({
  signedIn: page,
  api,
}) => {
  const host = (await registerLab(api)).find(({ name }) => name === 'docker28-tcp')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`/hosts?open=${host?.id}`)
  await page.getByRole('button', { name: 'Show the commands' }).click()
  const dialog = page.getByRole('dialog', { name: 'Use docker28-tcp with other clients' })
  await dialog.getByRole('radio', { name: 'Read' }).check()
  await dialog.getByRole('button', { name: 'Make a token' }).click()
  await expect(dialog.getByText('The token is shown this once.')).toBeVisible()
  await page.screenshot({ path: 'test-results/looks/gateway-light-390.png' })
  const commands = await dialog.locator('pre').first().innerText()
  const home = mkdtempSync(join(tmpdir(), 'roadstead-docker-'))
  const shell = (last: string) =>
    run('sh', ['-ec', commands.replace(/docker ps\s*$/, last)], {
      check: false,
      env: { ...process.env, HOME: home },
    })
  const names = ['ps', '-a', '--format', '{{.Names}}']
  const seen = await shell("/usr/bin/docker ps -a --format '{{.Names}}'")
  expect(seen).toMatchObject({ code: 0, stdout: (await witness('docker28-tcp', names)).stdout })
  const refused = await shell('/usr/bin/docker run --rm lab.internal/web:2.0 true')
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('permission')
  rmSync(home, { recursive: true })
})
