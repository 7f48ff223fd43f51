import { randomUUID } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { AuditPage } from '#lib/contracts/audit.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { e2eOrigin, e2ePort } from './address.ts'
import { chromiumLaunch } from './chromium.ts'
import { expect, row, signIn, test } from './fixtures.ts'

const evil = 'evil.test'
test.use({
  launchOptions: {
    ...chromiumLaunch,
    args: [...chromiumLaunch.args, `--host-resolver-rules=MAP ${evil} 127.0.0.1`],
  },
})

const servers: Server[] = []
test.afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})
async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test('a page of another site changes, reads and frames nothing of a person who is signed in', async ({
  page,
}) => {
  await signIn(page.request)
  const tokens = async () => (await page.request.get('/api/account/tokens')).json()
  const before = await tokens()
  const port = await listen((_, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>'),
  )
  const body = JSON.stringify({ name: 'stolen', permissions: ['hosts.view'], hours: 1 })
  const answered: string[] = []
  page.on('response', (answer) => {
    const url = new URL(answer.url())
    if (url.port === String(e2ePort) && answer.request().method() !== 'OPTIONS')
      answered.push(`${answer.request().method()} ${url.pathname} ${answer.status()}`)
  })
  await page.goto(`http://${evil}:${port}/`)
  // A form, whose body can be JSON by a trick with its field's name, and which needs no permission of anybody.
  const target = `${e2eOrigin}/api/account/tokens`
  const posted = page.waitForResponse((answer) => answer.url() === target)
  await page.evaluate(
    ([action, text]) => {
      const frame = Object.assign(document.createElement('iframe'), { name: 'sink' })
      const form = Object.assign(document.createElement('form'), { action, method: 'post', target: 'sink' })
      form.enctype = 'text/plain'
      form.append(
        Object.assign(document.createElement('input'), { name: `${text?.slice(0, -1)},"x":"`, value: '"}' }),
      )
      document.body.append(frame, form)
      form.submit()
    },
    [target, body],
  )
  expect((await posted).status()).toBe(403)
  // Fetches, as simple as a foreign page may make them, and as it would like to.
  const outcomes = await page.evaluate(
    async ([origin, text]) => {
      const told: string[] = []
      const attempt = async (path: string, init: RequestInit) => {
        try {
          const answer = await fetch(`${origin}${path}`, { credentials: 'include', ...init })
          told.push(`${path} ${answer.type} ${answer.status} ${(await answer.text()).length}`)
        } catch {
          told.push(`${path} failed`)
        }
      }
      const plain = { 'content-type': 'text/plain' }
      await attempt('/api/account/tokens', {
        method: 'POST',
        mode: 'no-cors',
        headers: plain,
        body: text ?? '',
      })
      await attempt('/api/account/tokens', {
        method: 'POST',
        body: text ?? '',
        headers: { 'content-type': 'application/json' },
      })
      await attempt('/api/hosts', {})
      await attempt('/api/hosts', { mode: 'no-cors' })
      await attempt('/api/session', { method: 'DELETE' })
      return told
    },
    [e2eOrigin, body],
  )
  // Not one can be read; an opaque answer is empty to the page.
  for (const outcome of outcomes) expect(outcome).toMatch(/ failed$| opaque 0 0$/)
  // A WebSocket, which no CORS holds back.
  const opened = await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url)
        socket.addEventListener('open', () => resolve('opened'))
        socket.addEventListener('error', () => resolve('refused'))
      }),
    `${e2eOrigin.replace('http', 'ws')}/api/live`,
  )
  expect(opened).toBe('refused')
  // A frame to be clicked through.
  await page.evaluate((origin) => {
    document.body.append(
      Object.assign(document.createElement('iframe'), { name: 'framed', src: `${origin}/containers` }),
    )
  }, e2eOrigin)
  await expect.poll(() => page.frame('framed')?.url()).toContain('chrome-error:')
  // A name of theirs that leads here.
  const rebound = await page.goto(`http://${evil}:${e2ePort}/containers`)
  expect(rebound?.status()).toBe(421)
  expect(answered.filter((line) => line.startsWith('POST')).every((line) => line.endsWith('403'))).toBe(true)
  expect(answered.filter((line) => line.startsWith('DELETE'))).toEqual([])
  expect(await tokens()).toEqual(before)
  expect((await page.request.get('/api/session')).status()).toBe(200)
})

/** One request as written, and the status line that comes back. */
function written(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(e2ePort, '127.0.0.1', () => socket.write(text))
    socket.setTimeout(5000, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer.split('\r\n', 1)[0] ?? ''))
  })
}

test('what Next would believe of a request goes nowhere: no page without a session, no request to others', async () => {
  const hits: string[] = []
  const canary = await listen((request, response) => {
    hits.push(`${request.method} ${request.url}`)
    response.end()
  })
  const elsewhere = `127.0.0.1:${canary}`
  const head = (line: string, ...headers: string[]) =>
    [`${line} HTTP/1.1`, `Host: localhost:${e2ePort}`, ...headers, '', ''].join('\r\n')
  const bypass = 'middleware:middleware:middleware:middleware:middleware'
  const unopened: [string, string][] = [
    ['a skipped middleware', head('GET /containers', `x-middleware-subrequest: ${bypass}`)],
    ['and its place in src', head('GET /containers', `x-middleware-subrequest: src/${bypass}`)],
    ['data of a page', head('GET /containers?_rsc=1', 'rsc: 1', 'next-router-prefetch: 1')],
    ['a page by its data file', head('GET /_next/data/x/containers.json')],
    ['a page by its .rsc', head('GET /containers.rsc')],
    ['another path', head('GET /login', 'x-original-url: /containers', 'x-rewrite-url: /containers')],
    [
      'a path that was matched',
      head('GET /login', 'x-matched-path: /containers', 'x-invoke-path: /containers'),
    ],
    ['a server action', head('POST /containers', 'next-action: x', 'content-length: 0')],
    ['a redirect of middleware', head('GET /login', `x-middleware-rewrite: http://${elsewhere}/`)],
    ['another host', head('GET /containers', `x-forwarded-host: ${elsewhere}`)],
    ['the image optimiser', head(`GET /_next/image?url=http%3A%2F%2F${elsewhere}%2Fx.png&w=64&q=75`)],
    ['an absolute target', `GET http://${elsewhere}/x HTTP/1.1\r\nHost: localhost:${e2ePort}\r\n\r\n`],
    ['a network path', head(`GET //${elsewhere}/x`)],
    ['a tunnel', `CONNECT ${elsewhere} HTTP/1.1\r\nHost: localhost:${e2ePort}\r\n\r\n`],
    ...['websocket', 'tcp', 'h2c'].flatMap((protocol): [string, string][] => {
      const upgrade = ['Connection: Upgrade', `Upgrade: ${protocol}`, `Origin: ${e2eOrigin}`]
      return [
        [`an upgrade to ${protocol}`, head(`GET http://${elsewhere}/api/live`, ...upgrade)],
        [`an upgrade below to ${protocol}`, head(`GET //${elsewhere}/_next/webpack-hmr`, ...upgrade)],
        [`an upgrade of Next's to ${protocol}`, head('GET /_next/webpack-hmr', ...upgrade)],
      ]
    }),
  ]
  for (const [name, text] of unopened) {
    const status = await written(text)
    // A sign-in page is what anybody sees.
    const expected = text.startsWith('GET /login') ? /^HTTP\/1\.1 200/ : /^HTTP\/1\.1 (?:30\d|4\d\d)|^$/
    expect([name, status]).toEqual([name, expect.stringMatching(expected)])
  }
  expect(hits).toEqual([])
})

const id = 'e'.repeat(64)
const ansi = '\u001b]52;c;b3duZWQ=\u0007\u001b]0;owned\u0007\u001b[31m'
const markup = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'
const hostile = `${ansi}${markup}\r\nSet-Cookie: owned=1\r\n\r\n\u202eevil`

test('an engine that lies in every text changes no page, no clipboard and no line of the audit log', async ({
  signedIn: page,
  api,
  context,
}) => {
  const labels = {
    [hostile]: hostile,
    'com.docker.compose.project': hostile,
    'com.docker.compose.service': markup,
  }
  const container = {
    Id: id,
    Names: [`/${hostile}`],
    Image: hostile,
    ImageID: `sha256:${id}`,
    Command: hostile,
    Created: 1_760_000_000,
    State: 'exited',
    Status: `Exited (1) ${hostile}`,
    Labels: labels,
    Ports: [],
    Mounts: [{ Type: 'bind', Source: hostile, Destination: hostile }],
    NetworkSettings: { Networks: {} },
  }
  const inspected = {
    Id: id,
    Name: `/${hostile}`,
    Image: `sha256:${id}`,
    Created: '2026-01-01T00:00:00Z',
    Path: hostile,
    Args: [hostile],
    State: { Status: 'exited', ExitCode: 1, Error: hostile, Running: false },
    Mounts: container.Mounts,
    Config: {
      Image: hostile,
      Labels: labels,
      Env: [`${hostile}=${hostile}`],
      Cmd: [hostile],
      Hostname: hostile,
    },
    HostConfig: { RestartPolicy: { Name: hostile } },
    NetworkSettings: { Networks: {}, Ports: {} },
  }
  const answers: Record<string, unknown> = {
    '/version': { Version: '28.0.0', ApiVersion: '1.48', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' },
    '/info': { Name: hostile, NCPU: 1, MemTotal: 1, Driver: hostile, OperatingSystem: hostile },
    '/containers/json': [container],
    '/images/json': [
      { Id: `sha256:${id}`, RepoTags: [`${markup}:${markup}`], Created: 1, Size: 1, Labels: labels },
    ],
    '/networks': [],
    '/volumes': { Volumes: [] },
    [`/containers/${id}/json`]: inspected,
  }
  const port = await listen((request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '').replace(/^\/v[\d.]+/, '')
    response.setHeader('api-version', '1.48')
    if (path === '/_ping') return void response.end('OK')
    if (path === '/events') return response.flushHeaders()
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET' && answers[path]) return void response.end(JSON.stringify(answers[path]))
    response.writeHead(500).end(JSON.stringify({ message: hostile }))
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', () => Object.assign(window, { reported: 1 }))
  })
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  const name = `hostile-${randomUUID().slice(0, 6)}`
  const added = await api.post('/api/hosts', {
    data: { name, transport: { kind: 'tcp', host: '127.0.0.1', port } },
    headers: { origin: e2eOrigin },
  })
  expect(added.status(), await added.text()).toBe(200)
  const host = (await added.json()) as Host
  try {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: e2eOrigin })
    await page.goto(`/containers?filter=host:${name}`)
    await page.evaluate(() => navigator.clipboard.writeText('mine'))
    const line = row(page, `${host.id}/${id}`)
    // As text, with its angle brackets.
    await expect(line).toContainText('<script>window.owned=1</script>')
    await line.getByRole('button', { name: /actions/i }).click()
    await page.getByRole('menuitem', { name: 'Start', exact: true }).click()
    await expect(page.getByText(/onerror/).last()).toBeVisible()
    for (const path of [
      `/containers?open=${host.id}/${id.slice(0, 12)}`,
      `/images?filter=host:${name}`,
      '/hosts',
      '/audit?action=containers.start',
      '/',
    ]) {
      await page.goto(path)
      await page.waitForLoadState('networkidle').catch(() => {})
      expect([
        path,
        await page.evaluate(() => [Reflect.get(window, 'owned'), Reflect.get(window, 'reported')]),
      ]).toEqual([path, [undefined, undefined]])
      expect(await page.title()).not.toContain('owned')
    }
    expect(dialogs).toEqual([])
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
    expect(await page.evaluate(() => document.cookie)).not.toContain('owned')
    const audit = (await (await api.get('/api/audit', { params: { host: host.id } })).json()) as AuditPage
    expect(audit.items.some(({ action }) => action === 'containers.start')).toBe(true)
    for (const { summary, result } of audit.items) expect(`${summary}${result?.summary}`).toMatch(/^\P{C}*$/u)
    const exported = await (await api.get('/api/audit/export', { params: { host: host.id } })).text()
    for (const each of exported.trimEnd().split('\n')) JSON.parse(each)
  } finally {
    await api.delete(`/api/hosts/${host.id}`, { headers: { origin: e2eOrigin } })
  }
})
