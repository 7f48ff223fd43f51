import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { TransportInput } from '#lib/contracts/hosts.ts'
import { transportViewSchema } from '#lib/contracts/hosts.ts'
import {
  addressOf,
  checkTransport,
  joinSecrets,
  keepSecrets,
  splitSecrets,
  viewTransport,
} from './transport-secrets.ts'

type Tls = Extract<TransportInput, { kind: 'tls' }>
type Ssh = Extract<TransportInput, { kind: 'ssh' }>
const canaries = ['KEY-CANARY', 'PASS-CANARY', 'JUMPKEY-CANARY', 'JUMPPASS-CANARY']
const [key, passphrase, jumpKey, jumpPassphrase] = canaries
const tls: Tls = { kind: 'tls', host: 'a.example', port: 2376, ca: 'CA', cert: 'CERT', key, passphrase }
const hop = { port: 22, username: 'ops', auth: 'key' as const }
const ssh: Ssh = {
  kind: 'ssh',
  host: 'a.example',
  ...hop,
  privateKey: key,
  passphrase,
  jump: { host: 'jump.example', ...hop, privateKey: jumpKey, passphrase: jumpPassphrase },
}
/** As the edit form sends it: everything but the secrets. */
const without = <T extends TransportInput>(input: T) => splitSecrets(input).open as T
const { jump: _jump, ...directSsh } = ssh
const jump = without(ssh).jump as NonNullable<Ssh['jump']>

describe('secrets of a transport', () => {
  it.each([tls, ssh, directSsh, { kind: 'unix', socketPath: '/run/docker.sock' }] as TransportInput[])(
    'are taken out of $kind and put back',
    (input) => {
      const { open, secrets } = splitSecrets(input)
      for (const canary of canaries) expect(JSON.stringify(open)).not.toContain(canary)
      expect(joinSecrets(open, secrets)).toEqual(input)
    },
  )

  it.each([tls, ssh])('are only said to exist in the view of $kind', (input) => {
    const view = viewTransport(input)
    expect(transportViewSchema.parse(view)).toEqual(view)
    for (const canary of canaries) expect(JSON.stringify(view)).not.toContain(canary)
    expect(view).toMatchObject({ hasPassphrase: true })
  })

  it('survive an edit that leaves them out', () => {
    expect(keepSecrets(without(tls), tls)).toEqual(tls)
    expect(keepSecrets(without(ssh), ssh)).toEqual(ssh)
    expect(keepSecrets({ ...without(tls), passphrase: 'new' }, tls)).toMatchObject({ key, passphrase: 'new' })
  })

  it('give way to new ones, with no old passphrase on a new key', () => {
    expect(keepSecrets({ ...without(tls), key: 'NEW' }, tls)).toEqual({ ...without(tls), key: 'NEW' })
    const next = keepSecrets({ ...without(ssh), privateKey: 'NEW' }, ssh) as Ssh
    expect(next).toMatchObject({ privateKey: 'NEW', jump: { privateKey: jumpKey } })
    expect(next.passphrase).toBeUndefined()
  })

  const elsewhere: [string, TransportInput, TransportInput][] = [
    ['another host (TLS)', { ...without(tls), host: 'evil.example' }, tls],
    ['another port (TLS)', { ...without(tls), port: 2377 }, tls],
    ['another way', { ...without(directSsh as Ssh), host: tls.host }, tls],
    ['another host (SSH)', { ...without(directSsh as Ssh), host: 'evil.example' }, directSsh as Ssh],
    ['another port (SSH)', { ...without(directSsh as Ssh), port: 2222 }, directSsh as Ssh],
    ['another account', { ...without(directSsh as Ssh), username: 'root' }, directSsh as Ssh],
    ['the agent instead', { ...without(directSsh as Ssh), auth: 'agent' }, directSsh as Ssh],
    [
      'another jump host, which decides who answers',
      { ...without(ssh), jump: { ...jump, host: 'evil.example' } },
      ssh,
    ],
    ['a jump host where there was none', { ...without(directSsh as Ssh), jump }, directSsh as Ssh],
    ['no jump host where there was one', without(directSsh as Ssh), ssh],
  ]
  it.each(elsewhere)('are not lent to %s', (_name, next, stored) => {
    const kept = JSON.stringify(keepSecrets(next, stored))
    expect(kept).not.toContain(`"${key}"`)
    expect(kept).not.toContain(`"${passphrase}"`)
  })

  it('go with a client certificate that is taken away; a CA taken away is gone', () => {
    expect(keepSecrets({ ...without(tls), cert: undefined, ca: undefined }, tls)).toEqual({
      kind: 'tls',
      host: 'a.example',
      port: 2376,
    })
  })
})

describe('checkTransport', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const refused: [string, TransportInput, string, string][] = [
    ['a certificate without key', { ...tls, key: undefined }, 'secret_missing', 'key'],
    ['a CA that is none', { ...tls, ca: 'CA' }, 'pem_invalid', 'ca'],
    ['an SSH login without key', { ...ssh, privateKey: undefined }, 'secret_missing', 'privateKey'],
    ['an SSH key that is none', { ...ssh }, 'pem_invalid', 'privateKey'],
    [
      'a jump login without key',
      { ...ssh, privateKey, passphrase: undefined, jump },
      'secret_missing',
      'privateKey',
    ],
  ]
  it.each(refused)('refuses %s, naming the field', (_name, input, code, field) => {
    expect(() => checkTransport(input)).toThrow(
      expect.objectContaining({ code, context: expect.objectContaining({ params: { field } }) }),
    )
  })

  it('takes what can work', () => {
    checkTransport({ kind: 'tls', host: 'a.example', port: 2376 })
    checkTransport({ kind: 'ssh', host: 'a.example', ...hop, auth: 'agent' })
    checkTransport({ kind: 'ssh', host: 'a.example', ...hop, privateKey })
  })
})

describe('addressOf', () => {
  it.each([
    [{ kind: 'unix', socketPath: '/run/docker.sock' }, 'unix:///run/docker.sock'],
    [{ kind: 'tcp', host: 'fd00::4', port: 2375 }, 'tcp://[fd00::4]:2375'],
    [tls, 'tls://a.example:2376'],
    [ssh, 'ssh://ops@a.example'],
    [{ ...ssh, port: 2222 }, 'ssh://ops@a.example:2222'],
  ] as [TransportInput, string][])('of %j is %s', (input, address) => {
    expect(addressOf(input)).toBe(address)
  })
})
