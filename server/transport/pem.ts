import { createPrivateKey, X509Certificate } from 'node:crypto'
import ssh2 from 'ssh2'
import { AppError } from '../errors.ts'
import type { TlsMaterial } from './dial.ts'

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** The first certificate. All must be readable: TLS would leave out a broken CA of a bundle without a word. */
function certificateOf(pem: string, field: string): X509Certificate {
  try {
    const [first] = (pem.match(certificateBlock) ?? [pem]).map((block) => new X509Certificate(block))
    return first as X509Certificate
  } catch (cause) {
    throw new AppError('pem_invalid', { params: { field }, detail: (cause as Error).message, cause })
  }
}

/**
 * Refuses TLS material that could never work, before it is stored: pem_invalid, key_passphrase_missing,
 * key_passphrase_wrong, key_mismatch, each naming the field in `params.field`.
 */
export function checkTlsMaterial(material: TlsMaterial): void {
  if (material.ca) certificateOf(material.ca, 'ca')
  const certificate = material.cert ? certificateOf(material.cert, 'cert') : undefined
  if (!material.key) {
    if (certificate)
      throw new AppError('pem_invalid', { params: { field: 'key' }, detail: 'The key is missing.' })
    return
  }
  if (!certificate)
    throw new AppError('pem_invalid', { params: { field: 'cert' }, detail: 'The certificate is missing.' })
  const encrypted = /ENCRYPTED/.test(material.key)
  if (encrypted && !material.passphrase)
    throw new AppError('key_passphrase_missing', { params: { field: 'passphrase' } })
  let key: ReturnType<typeof createPrivateKey>
  try {
    key = createPrivateKey({ key: material.key, passphrase: material.passphrase })
  } catch (cause) {
    const code = encrypted ? 'key_passphrase_wrong' : 'pem_invalid'
    const field = encrypted ? 'passphrase' : 'key'
    throw new AppError(code, { params: { field }, detail: (cause as Error).message, cause })
  }
  if (!certificate.checkPrivateKey(key)) throw new AppError('key_mismatch', { params: { field: 'key' } })
}

/** The same for an SSH key (OpenSSH, PKCS#1, PKCS#8 or PuTTY format). */
export function checkSshKey(privateKey: string, passphrase: string | undefined, field: string): void {
  const parsed = ssh2.utils.parseKey(privateKey, passphrase)
  if (!(parsed instanceof Error)) {
    if (!(Array.isArray(parsed) ? parsed[0] : parsed)?.isPrivateKey()) {
      throw new AppError('pem_invalid', {
        params: { field },
        detail: 'This is a public key; the private one is needed.',
      })
    }
    return
  }
  const { message } = parsed
  if (/no passphrase/i.test(message))
    throw new AppError('key_passphrase_missing', { params: { field: 'passphrase' } })
  // What ssh2 says of a wrong passphrase depends on the cipher: the key is then read as garbage.
  const wrong = passphrase !== undefined && /passphrase|integrity|decrypt|malformed/i.test(message)
  if (wrong) throw new AppError('key_passphrase_wrong', { params: { field: 'passphrase' }, detail: message })
  throw new AppError('pem_invalid', { params: { field }, detail: message })
}

/** End of a certificate's validity; null when it cannot be read. */
export function certificateExpiry(pem: string): Date | null {
  try {
    return new X509Certificate(pem).validToDate
  } catch {
    return null
  }
}
