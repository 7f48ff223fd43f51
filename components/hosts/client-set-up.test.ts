import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { clientSetUp, clients } from './client-set-up.ts'

const plain = {
  host: { id: 'h123', name: 'web-1' },
  token: 'rst_x',
  origin: 'http://localhost:4000',
  basePath: '',
}

it.each(clients)('%s gets what a shell takes, with host and token', (client) => {
  const script = clientSetUp(client, plain)
  execFileSync('sh', ['-n'], { input: script })
  expect(script).toContain('rst_x')
  expect(script).toContain('h/web-1')
})

it.each(clients)(
  '%s reaches a host behind a path and TLS, and by its id where its name has to be escaped',
  (client) => {
    const odd = { id: 'h123', name: "it's mine; $(rm)" }
    const script = clientSetUp(client, { ...plain, host: odd, origin: 'https://ops.example', basePath: '/r' })
    expect(script).toMatch(/ops\.example/)
    expect(script).toContain('r/h/h123')
    expect(script).not.toContain('mine')
    expect(script).not.toMatch(/http:\/\/ops/)
  },
)
