import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Download, Page } from '@playwright/test'
import { expect, registerLab, test } from './fixtures.ts'
import { run } from './lab/run.ts'

/** What a button of the page gives to keep. */
async function downloaded(page: Page, button: ReturnType<Page['getByRole']>): Promise<[string, string]> {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
  return [(download as Download).suggestedFilename(), await download.path()]
}

test('a client certificate is kept as files, with which docker is on that host by its own address', async ({
  signedIn: page,
  api,
}) => {
  const host = (await registerLab(api)).find(({ name }) => name === 'docker28-tcp')
  await page.goto(`/hosts?open=${host?.id}`)
  await page.getByRole('button', { name: 'Show the commands' }).click()
  await page.getByRole('tab', { name: 'Ansible' }).click()
  await page.getByText('This host has an address of its own').getByRole('button').click()

  const dialog = page.getByRole('dialog', { name: 'The engine address of docker28-tcp' })
  await dialog.getByRole('button', { name: 'Make a certificate' }).click()
  const files = dialog.getByRole('group', { name: 'Files of the certificate' })
  await expect(files.getByRole('button')).toHaveText([
    'docker28-tcp-certificate.tar',
    'ca.pem',
    'cert.pem',
    'key.pem',
  ])
  const [archive, tar] = await downloaded(page, files.getByRole('button', { name: /tar$/ }))
  const [, key] = await downloaded(page, files.getByRole('button', { name: 'key.pem' }))

  const home = mkdtempSync(join(tmpdir(), 'roadstead-address-'))
  writeFileSync(join(home, archive), readFileSync(tar))
  const env = { ...process.env, HOME: home }
  const unpack = await dialog.getByRole('figure').filter({ hasText: 'tar -xf' }).locator('pre').innerText()
  execFileSync('sh', ['-ec', unpack], { cwd: home, env })
  expect(readFileSync(join(home, '.docker-docker28-tcp/key.pem'), 'utf8')).toBe(readFileSync(key, 'utf8'))
  const commands = await dialog.getByRole('tabpanel').locator('pre').innerText()
  expect(commands).not.toContain('PRIVATE KEY')
  const seen = await run(
    'sh',
    ['-ec', commands.replace('docker ps', "/usr/bin/docker ps --format '{{.Names}}'")],
    {
      check: false,
      env,
    },
  )
  expect(seen).toMatchObject({ code: 0, stdout: expect.stringMatching(/^web$/m) })
  rmSync(home, { recursive: true })
})
