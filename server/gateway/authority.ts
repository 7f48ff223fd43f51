// The library's own needs it there before it is loaded.
import 'reflect-metadata'
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Database } from '../db/schema.ts'
import { placeOf } from '../secrets/envelope.ts'
import type { Vault } from '../secrets/vault.ts'

/** A certificate and its private key (PKCS #8), both as PEM. */
export interface Issued {
  certificate: string
  key: string
  /** Of the certificate's DER, hex. */
  sha256: string
}

/** The certificate authority of the engine addresses. */
export interface Authority {
  /** PEM, for clients to trust. */
  certificate: string
  /** For the listener. @param names DNS names, wildcards among them, and IP addresses. */
  issueServer(names: readonly string[]): Promise<Issued>
  /** For one client, until an instant. @param name tells people what it is for */
  issueClient(name: string, until: Date): Promise<Issued>
}

const row = 'engines_authority'
const place = placeOf('settings', row, 'value')
/** Curve and hash that every TLS client has. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * 3_600_000
/** A new authority would have to go to every client. */
const authorityDays = 20 * 365
/** Apple's clients take no more than 825 (support.apple.com/103769). */
const serverDays = 800
/** Clocks of clients may be behind ours. */
const before = () => new Date(Date.now() - dayMs)
const after = (days: number) => new Date(Date.now() + days * dayMs)

/** Opens the authority of this database, or makes it: certificate and key are sealed as other secrets are. */
export async function openAuthority(db: Database, vault: Vault): Promise<Authority> {
  const found = await db.selectFrom('settings').select('value').where('key', '=', row).executeTakeFirst()
  const made = found ? (JSON.parse(vault.open(found.value, place)) as Issued) : await makeAuthority()
  if (!found)
    await db
      .insertInto('settings')
      .values({ key: row, value: vault.seal(JSON.stringify(made), place) })
      .execute()
  return authorityOf(made)
}

export async function authorityOf(made: Pick<Issued, 'certificate' | 'key'>): Promise<Authority> {
  const own = new X509Certificate(made.certificate)
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    PemConverter.decodeFirst(made.key),
    algorithm,
    false,
    ['sign'],
  )
  const issue = async (name: string, notAfter: Date, extensions: Extension[]) => {
    const keys = await makeKeys()
    const certificate = await X509CertificateGenerator.create({
      subject: [{ CN: [name] }],
      issuer: own.subjectName,
      notBefore: before(),
      notAfter,
      signingKey,
      publicKey: keys.publicKey,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        ...extensions,
      ],
    })
    return pemOf(certificate, keys)
  }
  return {
    certificate: made.certificate,
    issueServer: (names) =>
      issue('Roadstead engines', after(serverDays), [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
        ),
      ]),
    issueClient: (name, until) =>
      issue(name, until, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])]),
  }
}

export async function makeAuthority(): Promise<Issued> {
  const keys = await makeKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Roadstead engines authority'] }],
    notBefore: before(),
    notAfter: after(authorityDays),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
  return pemOf(certificate, keys)
}

const makeKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

async function pemOf(certificate: X509Certificate, keys: CryptoKeyPair): Promise<Issued> {
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(key, 'PRIVATE KEY')}\n`,
    sha256: sha256Of(Buffer.from(certificate.rawData)),
  }
}

/** @param der as a connection has it, too */
export const sha256Of = (der: Buffer): string => createHash('sha256').update(der).digest('hex')
