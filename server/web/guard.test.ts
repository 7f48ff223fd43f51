import { describe, expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { createGuard } from './guard.ts'

const guardOf = (environment: Record<string, string>) =>
  createGuard(readConfig({ NODE_ENV: 'test', ...environment }))

describe('the client’s address', () => {
  const guard = guardOf({ ROADSTEAD_TRUSTED_PROXIES: '10.0.0.0/8, fd00::1' })
  it.each([
    ['nobody forwarded', '192.0.2.1', undefined, '192.0.2.1'],
    ['the client says so itself', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['a proxy of ours says so', '10.0.0.4', '203.0.113.9', '203.0.113.9'],
    ['a proxy of ours, as IPv6 writes it', '::ffff:10.0.0.4', '203.0.113.9', '203.0.113.9'],
    ['a proxy of ours by IPv6', 'fd00::1', '2001:db8::9', '2001:db8::9'],
    ['another of that network', 'fd00::2', '2001:db8::9', 'fd00::2'],
    ['the client forged one before ours', '10.0.0.4', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['nonsense by our proxy', '10.0.0.4', 'x\u001b[31m', '10.0.0.4'],
    ['two headers', '10.0.0.4', ['127.0.0.1', '203.0.113.9'], '203.0.113.9'],
  ])('where %s', (_, peer, forwarded, expected) => {
    expect(guard.address(peer, forwarded)).toBe(expected)
  })

  it('is the peer’s where no proxy was named', () => {
    expect(guardOf({}).address('127.0.0.1', '203.0.113.9')).toBe('127.0.0.1')
  })
})

describe('behind https://ops.example/roadstead', () => {
  const guard = guardOf({ ROADSTEAD_URL: 'https://ops.example/roadstead' })
  it.each([
    ['ops.example', true],
    ['OPS.example', true],
    ['localhost:7700', true],
    ['ops.example:8443', false],
    ['ops.example.evil.test', false],
    ['evil.test', false],
    ['ops.example@evil.test', false],
    ['localhost.evil.test', false],
    ['127.0.0.1.evil.test', false],
    ['', false],
  ])('the host %j: %s', (host, isOurs) => {
    const check = () => guard.checkHost({ headers: { host } })
    if (isOurs) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code: 'wrong_host', status: 421 }))
  })

  it('lets the gateway be asked for by another port, and by no other name', () => {
    const check = (host: string) => () => guard.checkHost({ headers: { host } }, true)
    expect(check('ops.example:8443')).not.toThrow()
    for (const host of ['evil.test:8443', 'ops.example.evil.test', 'ops.example:8443@evil.test'])
      expect(check(host)).toThrow(expect.objectContaining({ code: 'wrong_host' }))
  })

  it.each([
    ['https://ops.example', 'ops.example', true],
    ['http://ops.example', 'ops.example', false],
    ['https://evil.test', 'ops.example', false],
    ['https://ops.example.evil.test', 'ops.example', false],
    ['https://ops.example:8443', 'ops.example', false],
    ['null', 'ops.example', false],
    ['', 'ops.example', false],
    ['http://localhost:7700', 'localhost:7700', true],
    ['http://localhost:7701', 'localhost:7700', false],
  ])('a change from %j to %s: %s', (origin, host, isOurs) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET']) {
      const check = () => guard.checkOrigin({ method, headers: { origin, host } }, method === 'GET')
      if (isOurs) expect(check).not.toThrow()
      else expect(check).toThrow(expect.objectContaining({ code: 'wrong_origin', status: 403 }))
    }
  })
})
