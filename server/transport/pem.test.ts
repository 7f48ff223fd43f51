import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateExpiry, checkSshKey, checkTlsMaterial } from './pem.ts'

const folder = mkdtempSync(join(tmpdir(), 'pem-test-'))
const at = (name: string) => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')
const passphrase = 'open sesame'

beforeAll(() => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const sshKeygen = (...args: string[]) => execFileSync('ssh-keygen', ['-q', ...args], { stdio: 'pipe' })
  for (const name of ['a', 'b']) {
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
    openssl(
      'req',
      '-x509',
      ...ec,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.crt`),
      '-subj',
      `/CN=${name}`,
    )
  }
  openssl('pkcs8', '-topk8', '-in', at('a.key'), '-out', at('a.pkcs8'), '-passout', `pass:${passphrase}`)
  openssl('ec', '-aes256', '-in', at('a.key'), '-out', at('a.sec1'), '-passout', `pass:${passphrase}`)
  sshKeygen('-t', 'ed25519', '-N', '', '-f', at('ed25519'))
  sshKeygen('-t', 'ed25519', '-N', passphrase, '-f', at('ed25519_locked'))
  sshKeygen('-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', at('rsa_pem'))
  sshKeygen('-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', passphrase, '-f', at('rsa_pem_locked'))
  sshKeygen('-t', 'ecdsa', '-N', passphrase, '-f', at('ecdsa_locked'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({
    code,
    context: expect.objectContaining({ params: { field } }),
  })
const thrownBy = (call: () => void): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

describe('checkTlsMaterial', () => {
  it('takes a CA alone, a pair, and keys under a passphrase in either format', () => {
    checkTlsMaterial({ ca: read('a.crt') })
    checkTlsMaterial({ ca: read('b.crt'), cert: read('a.crt'), key: read('a.key') })
    checkTlsMaterial({ cert: read('a.crt'), key: read('a.pkcs8'), passphrase })
    checkTlsMaterial({ cert: read('a.crt'), key: read('a.sec1'), passphrase })
    checkTlsMaterial({})
  })

  it.each([
    ['a CA that is none', () => ({ ca: 'hello' }), 'pem_invalid', 'ca'],
    ['a key in the place of the CA', () => ({ ca: read('a.key') }), 'pem_invalid', 'ca'],
    ['a CA file cut short', () => ({ ca: read('a.crt').slice(0, 300) }), 'pem_invalid', 'ca'],
    [
      'a second CA that is garbage',
      () => ({ ca: `${read('a.crt')}${read('b.crt').replace(/\n\w{9}/, '\n*********')}` }),
      'pem_invalid',
      'ca',
    ],
    ['a certificate that is none', () => ({ cert: 'hello', key: read('a.key') }), 'pem_invalid', 'cert'],
    ['a certificate without key', () => ({ cert: read('a.crt') }), 'pem_invalid', 'key'],
    ['a key without certificate', () => ({ key: read('a.key') }), 'pem_invalid', 'cert'],
    ['a key that is none', () => ({ cert: read('a.crt'), key: 'hello' }), 'pem_invalid', 'key'],
    [
      'the key of another certificate',
      () => ({ cert: read('b.crt'), key: read('a.key') }),
      'key_mismatch',
      'key',
    ],
    [
      'no passphrase (PKCS#8)',
      () => ({ cert: read('a.crt'), key: read('a.pkcs8') }),
      'key_passphrase_missing',
      'passphrase',
    ],
    [
      'no passphrase (SEC1)',
      () => ({ cert: read('a.crt'), key: read('a.sec1') }),
      'key_passphrase_missing',
      'passphrase',
    ],
    [
      'a wrong passphrase (PKCS#8)',
      () => ({ cert: read('a.crt'), key: read('a.pkcs8'), passphrase: 'x' }),
      'key_passphrase_wrong',
      'passphrase',
    ],
    [
      'a wrong passphrase (SEC1)',
      () => ({ cert: read('a.crt'), key: read('a.sec1'), passphrase: 'x' }),
      'key_passphrase_wrong',
      'passphrase',
    ],
  ] as const)('refuses %s', (_name, material, code, field) => {
    expect(thrownBy(() => checkTlsMaterial(material()))).toEqual(refusal(code, field))
  })
})

describe('checkSshKey', () => {
  it.each([
    ['ed25519', undefined],
    ['ed25519_locked', passphrase],
    ['rsa_pem', undefined],
    ['rsa_pem_locked', passphrase],
    ['ecdsa_locked', passphrase],
  ])('takes %s', (name, secret) => {
    checkSshKey(read(name), secret, 'privateKey')
  })

  it.each([
    ['a public key', (): string => read('ed25519.pub'), undefined, 'pem_invalid', 'privateKey'],
    ['a certificate', (): string => read('a.crt'), undefined, 'pem_invalid', 'privateKey'],
    ['garbage', (): string => 'hello', undefined, 'pem_invalid', 'privateKey'],
    ['a key cut short', (): string => read('ed25519').slice(0, 120), undefined, 'pem_invalid', 'privateKey'],
    [
      'ed25519 without passphrase',
      (): string => read('ed25519_locked'),
      undefined,
      'key_passphrase_missing',
      'passphrase',
    ],
    [
      'RSA without passphrase',
      (): string => read('rsa_pem_locked'),
      undefined,
      'key_passphrase_missing',
      'passphrase',
    ],
    [
      'ed25519 with a wrong one',
      (): string => read('ed25519_locked'),
      'x',
      'key_passphrase_wrong',
      'passphrase',
    ],
    ['ECDSA with a wrong one', (): string => read('ecdsa_locked'), 'x', 'key_passphrase_wrong', 'passphrase'],
    ['RSA with a wrong one', (): string => read('rsa_pem_locked'), 'x', 'key_passphrase_wrong', 'passphrase'],
  ] as const)('refuses %s', (_name, key, secret, code, field) => {
    expect(thrownBy(() => checkSshKey(key(), secret, 'privateKey'))).toEqual(refusal(code, field))
  })
})

describe('certificateExpiry', () => {
  it('reads the end of validity', () => {
    const days = ((certificateExpiry(read('a.crt')) as Date).getTime() - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29)
    expect(days).toBeLessThan(31)
  })
  it('says nothing of what it cannot read', () => {
    expect(certificateExpiry('hello')).toBeNull()
  })
})
