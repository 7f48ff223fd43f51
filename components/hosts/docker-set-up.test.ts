import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dockerForward, dockerSetUp } from './docker-set-up.ts'

const host = { id: 'h123', name: 'web-1' }
const plain = { host, token: 'rst_x', origin: 'http://localhost:4000', basePath: '' }

it('is what a shell takes, with the token for its owner alone', () => {
  const home = mkdtempSync(join(tmpdir(), 'docker-set-up-'))
  const script = dockerSetUp(plain).replace(/docker ps$/, 'echo "$DOCKER_HOST $DOCKER_CONFIG"')
  const out = execFileSync('sh', ['-ec', script], { env: { ...process.env, HOME: home } }).toString()
  expect(out).toBe(`tcp://localhost:4000/h/web-1 ${home}/.docker-roadstead\n`)
  const path = join(home, '.docker-roadstead/config.json')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    HttpHeaders: { Authorization: 'Bearer rst_x', 'Roadstead-Host': 'web-1' },
  })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  rmSync(home, { recursive: true })
})

it.each([
  [{ origin: 'https://ops.example', basePath: '/roadstead' }, 'tcp://ops.example:443/roadstead/h/web-1 '],
  [{ host: { id: 'h123', name: "it's mine; $(rm)" } }, 'tcp://localhost:4000/h/h123 '],
  [{ host: { id: 'h123', name: '..' } }, 'tcp://localhost:4000/h/h123 '],
])('addresses %j', (more, address) => {
  const script = dockerSetUp({ ...plain, ...more })
  expect(script).toContain(address)
  expect(script.includes('DOCKER_TLS_VERIFY=1')).toBe('origin' in more)
})

it('fetches what stands between docker and a host that is behind a path', () => {
  const script = dockerForward({ ...plain, origin: 'https://ops.example', basePath: '/roadstead' })
  expect(script).toContain('curl -fsSO https://ops.example/roadstead/h/docker-forward.mjs\n')
  expect(script).toContain('node docker-forward.mjs https://ops.example/roadstead/h/web-1 ')
})
