import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
const url64 = (data: Buffer) => data.toString('base64url')
/** A CBOR byte or text string in its shortest form (RFC 8949, 4.2.1), which the verifier counts on. */
function cbor(major: 2 | 3, data: Buffer): Buffer {
  const { length } = data
  const kind = major << 5
  const head =
    length < 24
      ? [kind | length]
      : length < 256
        ? [kind | 24, length]
        : [kind | 25, length >> 8, length & 255]
  return Buffer.concat([Buffer.from(head), data])
}

/** What an authenticator does other than it should. */
export interface Quirks {
  origin?: string
  site?: string
  /** Nobody was verified: flags without UV. */
  unverified?: boolean
  counter?: number
}

/** A WebAuthn authenticator with one ES256 credential, for tests of the server alone. */
export function softAuthenticator(origin: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const point = (text: string) => cbor(2, Buffer.from(text, 'base64url'))
  // COSE: kty EC2, alg ES256, crv P-256 (RFC 9052, RFC 9053).
  const cose = Buffer.concat([
    Buffer.from('a5010203262001', 'hex'),
    Buffer.from([0x21]),
    point(x),
    Buffer.from([0x22]),
    point(y),
  ])
  let used = 0
  const clientData = (type: string, challenge: string, quirks: Quirks) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: quirks.origin ?? origin, crossOrigin: false }))
  const head = (attested: boolean, quirks: Quirks) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(quirks.counter ?? ++used)
    const flags = 0x01 | (quirks.unverified ? 0 : 0x04) | (attested ? 0x40 : 0)
    return Buffer.concat([sha256(quirks.site ?? new URL(origin).hostname), Buffer.from([flags]), counter])
  }
  const answer = (response: Record<string, string>) => ({
    id: url64(id),
    rawId: url64(id),
    type: 'public-key',
    response,
    clientExtensionResults: {},
  })
  return {
    make(challenge: string, quirks: Quirks = {}) {
      const length = Buffer.from([id.length >> 8, id.length & 255])
      const data = Buffer.concat([head(true, quirks), Buffer.alloc(16), length, id, cose])
      const text = (value: string) => cbor(3, Buffer.from(value))
      const attestation = Buffer.concat([
        Buffer.from([0xa3]),
        text('fmt'),
        text('none'),
        text('attStmt'),
        Buffer.from([0xa0]),
        text('authData'),
        cbor(2, data),
      ])
      return answer({
        clientDataJSON: url64(clientData('webauthn.create', challenge, quirks)),
        attestationObject: url64(attestation),
      })
    },
    use(challenge: string, quirks: Quirks = {}) {
      const data = head(false, quirks)
      const client = clientData('webauthn.get', challenge, quirks)
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      return answer({
        clientDataJSON: url64(client),
        authenticatorData: url64(data),
        signature: url64(signature),
      })
    },
  }
}
