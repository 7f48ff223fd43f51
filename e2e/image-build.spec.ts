import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, registerLab, succeeded, test } from './fixtures.ts'
import { labImages } from './lab/images.ts'
import type { EngineName } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { check, everyLookAt } from './looks.ts'

const prefix = `e2ebuild-${randomUUID().slice(0, 6)}`
const tag = `${prefix}/app:1`
const engines: readonly EngineName[] = ['docker-unix', 'podman5-tcp']
test.afterAll(async () => {
  for (const engine of engines) await witness(engine, ['rmi', '-f', tag]).catch(() => {})
})

function folder(files: Record<string, string>): string {
  const root = join(mkdtempSync(join(tmpdir(), 'roadstead-test-')), 'context')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

test('a folder is built on Docker and Podman at once, seen while it runs, after a reload too', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const context = folder({
    // It waits at each host until it is told to go on: what is seen before is seen live.
    Dockerfile: `FROM ${labImages.busybox}
ARG GREETING=none
ENV GREETING=$GREETING
COPY . /context
RUN echo "first words of $GREETING"; sleep 20; echo last words
CMD ["sh", "-c", "echo $GREETING; cd /context; find . -type f"]
`,
    'src/note ü.txt': 'noted',
    'secret/key.pem': 'not for an image',
    '.dockerignore': 'secret\n.dockerignore\nDockerfile\n',
  })
  await page.goto('/images')
  await page.getByRole('button', { name: 'Build…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Build an image' })
  await dialog.getByLabel('Choose a folder…').setInputFiles(context)
  await expect(dialog.getByText('context 3 files')).toContainText('1 left out by .dockerignore')
  await dialog.getByLabel('Tags').fill('NO')
  await expect(dialog.getByText('NO is no image reference')).toBeVisible()
  await dialog.getByLabel('Tags').fill(tag)
  await expect(dialog.getByText('The Dockerfile has GREETING=none')).toBeVisible()
  await dialog.getByLabel('Build arguments').fill('GREETING=hello & ahoy')
  for (const engine of engines) await dialog.getByRole('checkbox', { name: engine }).check()
  await everyLookAt(page, 'build')
  await dialog.getByRole('button', { name: 'Build on 2 hosts' }).click()

  const tray = page.getByRole('dialog', { name: 'Tasks' })
  const task = tray
    .getByRole('listitem')
    .filter({ hasText: `Build ${tag}` })
    .first()
  await expect(task).toContainText('running')
  await page.reload()
  // A key that is pressed before the page listens is nobody's.
  await expect(async () => {
    if (!(await tray.isVisible())) await page.keyboard.press('t')
    await expect(tray).toBeVisible({ timeout: 1000 })
  }).toPass({ timeout: 15_000 })
  await task.getByRole('button', { name: 'Output podman5-tcp' }).click()
  const output = page.getByRole('dialog', { name: 'Build on podman5-tcp' })
  await expect(output).toContainText('It is being built.')
  await expect(output.locator('.xterm-rows')).toContainText('first words of hello & ahoy')
  await expect(output.locator('.xterm-rows')).toContainText('last words', { timeout: 60_000 })
  await expect(output).toContainText('It has ended.', { timeout: 30_000 })
  await page.screenshot({ path: 'test-results/looks/build-output-light-1440.png' })
  await page.keyboard.press('Escape')
  await page.keyboard.press('t')
  // A host that is done says so while the other still runs.
  await expect(task).not.toContainText('running', { timeout: 30_000 })
  await succeeded(task)
  for (const engine of engines) {
    const { stdout } = await witness(engine, ['run', '--rm', tag])
    expect(stdout.trim().split('\n'), engine).toEqual(['hello & ahoy', './src/note ü.txt'])
  }
})

test('a build that fails says at which words, and what Docker cannot do is said before', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/images')
  await page.getByRole('button', { name: 'Build…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Build an image' })
  await dialog.getByText('Dockerfile', { exact: true }).first().click()
  const text = dialog.getByRole('textbox', { name: 'Dockerfile', exact: true }).first()
  await text.fill(`FROM ${labImages.busybox}\nRUN --mount=type=cache,target=/c true\n`)
  for (const engine of engines) await dialog.getByRole('checkbox', { name: engine }).check()
  await expect(dialog.getByText(/: refused/)).toHaveCount(0)
  await text.fill(`FROM ${labImages.busybox}\nRUN <<EOF\necho x\nEOF\n`)
  await expect(dialog.getByText('docker-unix: refused')).toContainText('2: RUN <<EOF')
  await text.fill(`FROM ${labImages.busybox}\nRUN echo ${prefix} went wrong >&2; exit 42\n`)
  await expect(dialog.getByText('docker-unix: refused')).toHaveCount(0)
  await page.screenshot({ path: 'test-results/looks/build-light-390.png' })
  await dialog.getByRole('button', { name: 'Build on 2 hosts' }).click()
  const task = page
    .getByRole('dialog', { name: 'Tasks' })
    .getByRole('listitem')
    .filter({ hasText: 'Build Dockerfile' })
    .first()
  await expect(task.getByText('The build ended with an error.')).toHaveCount(2, { timeout: 30_000 })
  for (const detail of await task.getByText(/went wrong[\s\S]*42/).all()) await expect(detail).toBeVisible()
  await expect(task.getByText(/went wrong[\s\S]*42/)).toHaveCount(2)
  await task.getByRole('button', { name: 'Output docker-unix' }).click()
  const output = page.getByRole('dialog', { name: 'Build on docker-unix' })
  await expect(output.locator('.xterm-rows')).toContainText(`${prefix} went wrong`)
  await check(page)
})

test('a secret reaches the build, is masked in its output, and steps are told with their times', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const secret = `s3cr3t-${randomUUID()}`
  await page.goto('/images')
  await page.getByRole('button', { name: 'Build…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Build an image' })
  await dialog.getByText('Dockerfile', { exact: true }).first().click()
  await dialog
    .getByRole('textbox', { name: 'Dockerfile', exact: true })
    .first()
    .fill(`FROM ${labImages.busybox}\nRUN --mount=type=secret,id=tok echo got $(cat /run/secrets/tok)\n`)
  await dialog.getByText('Options', { exact: true }).click()
  await dialog.getByRole('button', { name: 'Add a secret' }).click()
  const submit = dialog.getByRole('button', { name: 'Build on 1 host' })
  await dialog.getByRole('checkbox', { name: 'podman5-tcp' }).check()
  await expect(dialog.getByText('podman5-tcp: refused')).toContainText('no secrets')
  await dialog.getByRole('checkbox', { name: 'podman5-tcp' }).uncheck()
  await dialog.getByRole('checkbox', { name: 'docker-unix' }).check()
  await expect(submit).toBeDisabled()
  await dialog.getByLabel('Name', { exact: true }).fill('no blanks')
  await expect(dialog.getByText('Letters, digits')).toBeVisible()
  await dialog.getByLabel('Name', { exact: true }).fill('tok')
  await dialog
    .getByLabel('File of the secret tok')
    .setInputFiles({ name: 'tok.txt', mimeType: 'text/plain', buffer: Buffer.from(secret) })
  await expect(dialog.getByLabel('Value', { exact: true })).toHaveValue(/^tok\.txt/)
  await everyLookAt(page, 'build-secrets')
  await submit.click()
  const task = page
    .getByRole('dialog', { name: 'Tasks' })
    .getByRole('listitem')
    .filter({ hasText: 'Build Dockerfile' })
    .first()
  await succeeded(task)
  // A task that went well folds itself up.
  await task.getByRole('button', { name: /^Build Dockerfile/, expanded: false }).click()
  await task.getByRole('button', { name: 'Output docker-unix' }).click()
  const output = page.getByRole('dialog', { name: 'Build on docker-unix' })
  await expect(output.locator('.xterm-rows')).toContainText('got ***')
  await expect(output.getByRole('region', { name: 'Steps' }).getByRole('listitem')).not.toHaveCount(0)
  await expect(output).not.toContainText(secret)
  await everyLookAt(page, 'build-steps')
})

test('all registry accounts are sent by a build only where an administrator says so', async ({
  signedIn: page,
  api,
}) => {
  await registerLab(api)
  const offer = async () => {
    await page.goto('/images')
    await page.getByRole('button', { name: 'Build…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Build an image' })
    await dialog.getByText('Dockerfile', { exact: true }).first().click()
    await dialog.getByRole('textbox', { name: 'Dockerfile', exact: true }).first().fill('FROM scratch\n')
    await dialog.getByText('Options', { exact: true }).click()
    await dialog.getByRole('checkbox', { name: 'docker-unix' }).check()
    return dialog
  }
  // What is asked for is looked at; nothing is built.
  const asked: unknown[] = []
  await page.route('**/api/images/build', async (route) => {
    asked.push(route.request().postDataJSON())
    await route.abort()
  })
  const dialog = await offer()
  const choice = dialog.getByRole('checkbox', { name: 'Send all registry accounts with this build' })
  await expect(choice).not.toBeChecked()
  await expect(choice).toHaveAccessibleDescription(/every account that it is given/)
  const submit = dialog.getByRole('button', { name: 'Build on 1 host' })
  await submit.click()
  await expect.poll(() => asked).toHaveLength(1)
  expect(asked[0]).not.toHaveProperty('allAccounts')
  await choice.check()
  await submit.click()
  await expect.poll(() => asked).toHaveLength(2)
  expect(asked[1]).toMatchObject({ allAccounts: true })

  await page.route('**/api/session', async (route) => {
    const answer = await route.fetch()
    const session = (await answer.json()) as { permissions: string[] }
    const permissions = session.permissions.filter((one) => one !== 'registries.edit')
    await route.fulfill({ response: answer, json: { ...session, permissions } })
  })
  const another = await offer()
  await expect(another.getByRole('checkbox', { name: 'Look for a newer base' })).toBeVisible()
  await expect(another.getByRole('checkbox', { name: /all registry accounts/ })).toHaveCount(0)
})
