import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-injection-'))
const file = join(folder, 'p')
let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  engine = await startRecordingEngine()
})
afterAll(async () => {
  await test.close()
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const evil = [
  `$(touch ${file})`,
  `\`touch ${file}\``,
  `; touch ${file} #`,
  `|touch ${file}`,
  `&& touch ${file}`,
  `\ntouch ${file}\n`,
  `'; touch ${file}; '`,
  `"; touch ${file}; "`,
  `-oProxyCommand=touch ${file}`,
  '../../../../etc/passwd',
  '{{7*7}}',
  '__proto__',
]

describe('what people and engines call things', () => {
  it('no server file starts a program, evaluates text or makes SQL of it', () => {
    const sources = readdirSync('server', { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ts') && !/\.test\.ts$|^testing\//.test(path),
    )
    expect(sources.length).toBeGreaterThan(150)
    for (const path of sources) {
      const text = readFileSync(join('server', path), 'utf8')
      expect([path, /child_process|node:vm|\beval\(|new Function\(/.test(text)]).toEqual([path, false])
      expect([path, /sql\.raw|sql\.lit/.test(text)]).toEqual([path, false])
    }
  })

  it('is never run, in whichever string of the API it stands', async () => {
    const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
    const { id } = (await test.call('POST', '/api/hosts', { name: 'engine', transport })).json as {
      id: string
    }
    await expect
      .poll(async () => ((await test.call('GET', `/api/hosts/${id}`)).json as { state: string }).state)
      .toBe('online')
    for (const text of evil) {
      const ssh = { kind: 'ssh', port: 22, username: text, auth: 'agent', socketPath: text }
      const bodies: [string, string, unknown][] = [
        ['POST', '/api/hosts', { name: text, tags: [text], transport }],
        ['POST', '/api/hosts', { name: 'a', transport: { ...transport, host: text } }],
        ['POST', '/api/hosts', { name: 'b', transport: { ...ssh, host: text } }],
        ['POST', '/api/hosts', { name: 'c', transport: { ...ssh, host: '127.0.0.1' } }],
        ['POST', '/api/hosts', { name: 'd', transport: { kind: 'unix', socketPath: text } }],
        ['POST', '/api/hosts/test', { transport: { ...ssh, host: '127.0.0.1' } }],
        ['POST', '/api/registries', { address: text, username: text, password: text }],
        ['POST', '/api/account/tokens', { name: text, permissions: [text], hours: 1 }],
        ['POST', '/api/invitations', { name: text, email: `${text}@example.com`, role: 'viewer' }],
        ['POST', '/api/images/pull', { hostIds: [id], reference: text }],
        ['POST', '/api/containers', { hostIds: [id], spec: { image: text, name: text, command: [text] } }],
        [
          'POST',
          '/api/containers',
          { hostIds: [id], spec: { image: 'busybox', name: 'web', command: [text] } },
        ],
        ['POST', '/api/bulk', { action: text, containers: [{ hostId: id, containerId: text }], options: {} }],
        ['POST', '/api/session', { email: text, password: text }],
      ]
      for (const [method, path, body] of bodies) {
        const { status } = await test.call(method, path, body)
        expect([path, status]).toEqual([path, expect.toSatisfy((code) => code < 500 || code === 502)])
      }
      for (const path of ['/api/containers', '/api/audit', '/api/tasks'])
        await test.call('GET', `${path}?filter=${encodeURIComponent(text)}&text=${encodeURIComponent(text)}`)
    }
    const isOpen = ({ state }: { state: string }) => ['running', 'waiting', 'queued'].includes(state)
    const tasks = async () => (await test.call('GET', '/api/tasks')).json as { state: string }[]
    await expect.poll(async () => (await tasks()).filter(isOpen)).toEqual([])
    expect(existsSync(file)).toBe(false)
    // The engine got it as a word of a list, for it to run in the container it makes.
    const words = engine.recorded
      .filter(({ line }) => /POST .*\/containers\/create/.test(line))
      .map(({ body }) => (JSON.parse(body) as { Cmd: string[] }).Cmd)
    expect(words).toContainEqual([evil[0]])
  })

  it.each([
    '-oProxyCommand=touch%20x',
    '-oProxyCommand',
    '-x',
    '$(x)',
    'a b',
    'a\nb',
    'ssh://a',
    'a/b',
    'a@b',
  ])('no host or jump host is named %j', async (host) => {
    const hop = { port: 22, username: 'ops', auth: 'agent' }
    for (const transport of [
      { kind: 'ssh', host, ...hop },
      { kind: 'ssh', host: '127.0.0.1', ...hop, jump: { host, ...hop } },
      { kind: 'ssh', host: '127.0.0.1', ...hop, username: '-oProxyCommand=x' },
      { kind: 'tcp', host, port: 2375 },
    ]) {
      const answer = await test.call('POST', '/api/hosts', { name: 'x', transport })
      expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'invalid_input' } }])
    }
  })
})

describe('where clouds keep credentials', () => {
  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    'fd00:ec2::254',
    '100.100.100.200',
  ])('no host is dialled at %s, whichever way', async (host) => {
    const transports = [
      { kind: 'tcp', host, port: 80 },
      { kind: 'tls', host, port: 443 },
      { kind: 'ssh', host, port: 22, username: 'ops', auth: 'agent', hostKey: `SHA256:${'A'.repeat(43)}` },
    ]
    process.env.SSH_AUTH_SOCK ??= '/nowhere'
    for (const transport of transports) {
      const answer = await fetch(`${test.origin}/api/hosts/test`, {
        method: 'POST',
        headers: { origin: test.origin, cookie: test.cookie, 'content-type': 'application/json' },
        body: JSON.stringify({ transport }),
      })
      expect(await answer.text()).toMatch(/address_refused|"code":"invalid_input"/)
    }
  })

  it('and what an engine says of redirects is not followed', async () => {
    const canary = await startRecordingEngine()
    const server = createServer((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${canary.port}/version` }).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const answer = await fetch(`${test.origin}/api/hosts/test`, {
      method: 'POST',
      headers: { origin: test.origin, cookie: test.cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ transport: { kind: 'tcp', host: '127.0.0.1', port } }),
    })
    expect(await answer.text()).toMatch(/not_an_engine|engine_answer_invalid|engine_error/)
    expect(canary.recorded).toEqual([])
    server.close()
    canary.close()
  })
})
