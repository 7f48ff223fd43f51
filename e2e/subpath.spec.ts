import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { administrator } from './global-setup.ts'
import { freePort } from './lab/free-port.ts'
import { startNginx } from './lab/nginx.ts'
import { labEngine } from './lab/state.ts'
import { setUpToken } from './set-up-token.ts'

/** A server of its own below /roadstead, with Debian's nginx before it: all that tells it so is ROADSTEAD_URL. */
let proxied: { address: string; token: string; end(): Promise<void> }

test.beforeAll(async () => {
  proxied = await startBehindNginx()
})
test.afterAll(() => proxied?.end())

test('works below a path behind nginx: set-up, assets, deep links, the live socket', async ({ page }) => {
  const { address, token } = proxied
  const origin = new URL(address).origin
  const strays: string[] = []
  page.on('response', (answer) => {
    const { pathname } = new URL(answer.url())
    if (!pathname.startsWith('/roadstead') || (answer.status() >= 400 && !pathname.includes('/api/')))
      strays.push(`${answer.status()} ${pathname}`)
  })
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))

  const { name, email, password } = administrator
  const setUp = await page.request.post(`${address}/api/setup`, {
    data: { token, name, email, password },
    headers: { origin },
  })
  expect(setUp.status(), await setUp.text()).toBe(200)
  const added = await page.request.post(`${address}/api/hosts`, {
    data: {
      name: 'below-a-path',
      transport: { kind: 'unix', socketPath: labEngine('docker-unix').localSocketPath },
    },
    headers: { origin },
  })
  expect(added.status(), await added.text()).toBe(200)
  await page.context().clearCookies()

  // A deep link asks for a sign-in and comes back to where it pointed.
  await page.goto(`${address}/containers?filter=shop`)
  await expect(page).toHaveURL(/\/roadstead\/login\?next=/)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  // Pages of logs and terminals have sockets of their own.
  const live = page.waitForEvent('websocket', (socket) => socket.url().endsWith('/api/live'))
  await page.getByRole('button', { name: /sign in/i }).click()
  await expect(page).toHaveURL(`${address}/containers?filter=shop`)
  expect(new URL((await live).url()).pathname).toBe('/roadstead/api/live')
  await expect(page.getByRole('row').filter({ hasText: 'shop-api-1' })).toContainText('running')
  await expect(page.getByRole('row').filter({ hasText: 'shop-db-1' })).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: /^Live$/ })).toBeVisible()

  // Navigation inside the page stays below the path, and so does a reload there.
  await page.getByRole('link', { name: 'Hosts' }).first().click()
  await expect(page).toHaveURL(/\/roadstead\/hosts/)
  await page.reload()
  await expect(page.getByText('below-a-path').first()).toBeVisible()
  expect(strays).toEqual([])
  expect(problems).toEqual([])
})

test('icons, the manifest and the picture of a link are below the path, for everybody', async ({ page }) => {
  await page.goto(`${proxied.address}/login`)
  const named = await page
    .locator('link[rel=manifest], link[rel=icon], link[rel=apple-touch-icon], meta[property="og:image"]')
    .evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? each.getAttribute('content') ?? ''))
  expect(named).toHaveLength(4)
  const manifest = `${proxied.address}/manifest.webmanifest`
  const { icons, start_url } = await (await page.request.get(manifest)).json()
  expect(new URL(start_url, manifest).href).toBe(`${proxied.address}/`)
  const all = [...named, ...icons.map(({ src }: { src: string }) => src), 'robots.txt']
  for (const each of all) {
    const { href, pathname } = new URL(each, manifest)
    expect(pathname).toMatch(/^\/roadstead\//)
    expect((await page.request.get(href)).status(), href).toBe(200)
  }
})

test('another site cannot open the live socket through the proxy', async ({ request }) => {
  const answer = await request.get(`${proxied.address}/api/live`, {
    headers: { connection: 'Upgrade', upgrade: 'websocket', origin: 'http://elsewhere.example' },
  })
  expect(answer.status()).toBe(403)
})

async function startBehindNginx(): Promise<typeof proxied> {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-subpath-'))
  const [port, proxyPort] = [await freePort(), await freePort()]
  const address = `http://localhost:${proxyPort}/roadstead`
  // A copy: the server writes the pages with its path into `.next-run`, which the other server here is serving from.
  const project = join(folder, 'project')
  for (const name of ['server', 'lib', 'public', 'package.json', 'next.config.js'])
    cpSync(name, join(project, name), { recursive: true })
  cpSync('.next', join(project, '.next'), {
    recursive: true,
    filter: (source) => !/\.next\/(cache|dev|trace)/.test(source),
  })
  symlinkSync(join(process.cwd(), 'node_modules'), join(project, 'node_modules'))

  const children: ChildProcess[] = []
  const end = async () => {
    await Promise.all(children.map(ended))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const server = spawn('node', [join(project, 'server/index.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        ROADSTEAD_PORT: String(port),
        ROADSTEAD_DATA: join(folder, 'data'),
        ROADSTEAD_LOG: 'warn',
        ROADSTEAD_URL: address,
      },
    })
    children.push(server)
    const token = await setUpToken(server)
    children.push(await startNginx(join(folder, 'nginx'), behind(proxyPort, port)))
    await expect.poll(async () => (await fetch(`${address}/api/health`).catch(() => null))?.status).toBe(200)
    return { address, token, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** The configuration of docs/container.md around the one location that matters. */
const behind = (port: number, upstream: number) => `
  server {
    listen 127.0.0.1:${port};
    listen [::1]:${port};
    location /roadstead {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;
      proxy_buffering off;
      proxy_request_buffering off;
      client_max_body_size 0;
      proxy_read_timeout 1h;
    }
  }`

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
