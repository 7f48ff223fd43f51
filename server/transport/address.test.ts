import { describe, expect, it } from 'vitest'
import { resolveAddress } from './address.ts'

describe('resolveAddress', () => {
  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1%lo',
    // getaddrinfo takes these for the metadata address too.
    '2852039166',
    '0xa9fea9fe',
    '169.254.43518',
    '0251.0376.0251.0376',
    '0xa9.0xfe.0xa9.0xfe',
  ])('refuses %s', async (host) => {
    await expect(resolveAddress(host)).rejects.toMatchObject({ code: 'address_refused' })
  })

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['10.0.0.4', '10.0.0.4'],
    ['fd00::1', 'fd00::1'],
  ])('takes %s', async (host, address) => {
    expect(await resolveAddress(host)).toBe(address)
  })

  it('resolves a name to one address', async () => {
    expect(['127.0.0.1', '::1']).toContain(await resolveAddress('localhost'))
  })

  it('names the unknown name', async () => {
    await expect(resolveAddress('no-such-engine.invalid')).rejects.toMatchObject({
      code: 'name_not_resolved',
      context: { params: { host: 'no-such-engine.invalid' } },
    })
  })
})
