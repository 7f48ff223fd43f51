import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

export interface TlsFiles {
  ca: string
  serverCert: string
  serverKey: string
  clientCert: string
  clientKey: string
}

/**
 * A certificate authority, a server certificate with the address as its SAN (Go ignores the common name) and a client
 * certificate, each with the extended key usage that dockerd's --tlsverify demands.
 */
export async function makeCertificates(folder: string, address: string): Promise<TlsFiles> {
  mkdirSync(folder, { recursive: true })
  const at = (name: string) => join(folder, name)
  const files: TlsFiles = {
    ca: at('ca.pem'),
    serverCert: at('server-cert.pem'),
    serverKey: at('server-key.pem'),
    clientCert: at('cert.pem'),
    clientKey: at('key.pem'),
  }
  if (existsSync(files.clientCert)) return files
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    'ca-key.pem',
    '-out',
    files.ca,
    '-days',
    '30',
    '-subj',
    '/CN=Lab CA',
  )
  for (const [name, subject, extensions] of [
    ['server', '/CN=lab engine', `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth\n`],
    ['client', '/CN=lab client', 'extendedKeyUsage=clientAuth\n'],
  ] as const) {
    const [cert, key] =
      name === 'server' ? [files.serverCert, files.serverKey] : [files.clientCert, files.clientKey]
    writeFileSync(at(`${name}.ext`), extensions)
    await openssl('req', ...ec, '-keyout', key, '-out', `${name}.csr`, '-subj', subject)
    const sign = [
      '-CA',
      files.ca,
      '-CAkey',
      'ca-key.pem',
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      `${name}.ext`,
    ]
    await openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', cert)
  }
  return files
}
