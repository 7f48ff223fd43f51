import { randomUUID } from 'node:crypto'
import { containersOf, expect, registerLab, samePages, test } from './fixtures.ts'
import { engineCall } from './lab/engine-http.ts'
import { labImages } from './lab/images.ts'
import { engineNames, labEngine } from './lab/state.ts'
import { witness } from './lab/witness.ts'
import { everyLook } from './looks.ts'

const prefix = `e2ecreate-${randomUUID().slice(0, 6)}`
test.afterAll(async () => {
  for (const engine of engineNames) {
    const socket = labEngine(engine).localSocketPath
    const all = await engineCall<{ Id: string; Names: string[] }[]>(
      socket,
      'GET',
      '/v1.41/containers/json?all=1',
    )
    for (const { Id } of all.filter(({ Names }) => Names[0]?.startsWith(`/${prefix}`)))
      await engineCall(socket, 'DELETE', `/v1.41/containers/${Id}?force=1&v=1`).catch(() => {})
  }
})

test('a pasted line becomes a container on every engine', async ({ signedIn: page, api }) => {
  await registerLab(api)
  const name = `${prefix}-all`
  await page.goto('/containers')
  await page.getByRole('link', { name: 'New container' }).click()
  await page.getByRole('button', { name: 'Paste a docker run line' }).click()
  await page
    .getByRole('textbox', { name: 'Line', exact: true })
    .fill(
      [
        `docker run -d --name ${name} \\`,
        `  -e GREETING='two words' -e OTHER=$HOME --isolation process \\`,
        '  -m 48m --stop-timeout 1 --label team=ops \\',
        `  ${labImages.busybox} sh -c 'echo "$GREETING"; sleep 600'`,
      ].join('\n'),
    )
  await expect(
    page.getByText('Line 2, character 42: the form has no place for --isolation process'),
  ).toBeVisible()
  await expect(page.getByText('a shell would have put something else for $HOME')).toBeVisible()
  // As the button does.
  await page.getByRole('textbox', { name: 'Line', exact: true }).press('Control+Enter')
  await expect(page.getByLabel('Image', { exact: true })).toHaveValue(labImages.busybox)
  await page.getByRole('button', { name: 'Take out line 2 of Environment' }).click()
  const hosts = page.getByRole('group', { name: 'Hosts' })
  for (const engine of engineNames) await hosts.getByRole('checkbox', { name: engine }).check()
  await expect(page.getByText(`--env 'GREETING=two words'`)).toBeVisible()
  await page.getByRole('button', { name: 'Create on 8 hosts' }).click()
  await expect(page.getByRole('link', { name: new RegExp(`Open ${name} on`) })).toHaveCount(8, {
    timeout: 30_000,
  })
  for (const engine of engineNames) {
    const seen = JSON.parse((await witness(engine, ['inspect', name])).stdout)[0]
    expect(seen.State.Running, engine).toBe(true)
    expect(seen.Config.Env, engine).toContain('GREETING=two words')
    expect(seen.HostConfig.Memory, engine).toBe(48 * 1024 * 1024)
    expect(seen.Config.Labels.team, engine).toBe('ops')
  }
})

test('faults are told as one types, and at the engine', async ({ signedIn: page, api }) => {
  await registerLab(api)
  await page.goto('/containers/new')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await expect(page.getByText('This is no image reference')).toBeVisible()
  await expect(page.getByText('Choose a host.')).toBeVisible()
  await page.getByLabel('Image', { exact: true }).fill('lab.internal/none:1')
  await expect(page.getByText('This is no image reference')).toBeHidden()
  await page.getByRole('button', { name: 'Add storage' }).click()
  await page.getByRole('textbox', { name: 'Path in the container' }).fill('data')
  await expect(page.getByText('An absolute path, beginning with /.')).toBeVisible()
  await page.getByRole('textbox', { name: 'Path in the container' }).fill('/data')
  await page.getByLabel('Pull').selectOption('never')
  await page.getByRole('group', { name: 'Hosts' }).getByRole('checkbox', { name: 'docker-tls' }).check()
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await expect(
    page.getByText('This image does not exist any more.').or(page.getByText('No such image')).first(),
  ).toBeVisible()
})

for (const engine of samePages) {
  test(`${engine}: duplicate, then edit and recreate`, async ({ signedIn: page, api }) => {
    await registerLab(api)
    const name = `${prefix}-${engine}`
    const socket = labEngine(engine).localSocketPath
    const { Id: id } = await engineCall<{ Id: string }>(
      socket,
      'POST',
      `/v1.41/containers/create?name=${name}`,
      { Image: labImages.busybox, Cmd: ['sleep', '600'], Env: ['STAGE=old'], StopTimeout: 1 },
    )
    await engineCall(socket, 'POST', `/v1.41/containers/${id}/start`)
    await expect.poll(async () => (await containersOf(api, `name:${name}`))[0]?.state).toBe('running')
    const [container] = await containersOf(api, `name:${name}`)
    await page.goto(`/containers/${container?.hostId}/${id}`)
    await page.getByRole('link', { name: 'Duplicate…' }).click()
    await expect(page.getByLabel('Name', { exact: true }).first()).toHaveValue(`${name}-copy`)
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('link', { name: `Open ${name}-copy on ${engine}` }).click()
    await expect(page.getByRole('heading', { name: `${name}-copy` })).toBeVisible()
    expect(JSON.parse((await witness(engine, ['inspect', `${name}-copy`])).stdout)[0].Config.Env).toContain(
      'STAGE=old',
    )

    await page.goto(`/containers/${container?.hostId}/${id}`)
    await page.getByRole('link', { name: 'Edit and recreate…' }).click()
    await page.getByRole('group', { name: 'Environment' }).getByRole('textbox', { name: 'Value' }).fill('new')
    await page.getByRole('button', { name: 'Recreate', exact: true }).click()
    await expect(page.getByRole('link', { name: `Open ${name} on ${engine}` })).toBeVisible({
      timeout: 30_000,
    })
    const seen = JSON.parse((await witness(engine, ['inspect', name])).stdout)[0]
    expect(seen.Id).not.toBe(id)
    expect(seen.State.Running).toBe(true)
    expect(seen.Config.Env).toContain('STAGE=new')
    expect((await witness(engine, ['ps', '-aq', '--no-trunc'])).stdout).not.toContain(id)
  })
}

everyLook('a container to be made', async ({ page, api, look }) => {
  const [container] = await containersOf(api, 'name:web host:docker-unix')
  await page.goto(`/containers/new?from=${container?.hostId}/${container?.id}`)
  await page.getByRole('button', { name: 'Security' }).click()
  await page.getByRole('checkbox', { name: /^Privileged/ }).check()
  await expect(page.getByText('root on the host')).toBeVisible()
  await look('create')
  await page.getByText('root on the host').scrollIntoViewIfNeeded()
  await look('create-end')
})
