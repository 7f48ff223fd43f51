import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { filesOf, tarOfFiles } from './certificate-archive.ts'
import { addressClients, addressSetUp, archiveOf, unpackSetUp } from './engine-set-up.ts'

const pem = (what: string) => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`
const pems = { authority: pem('A'), certificate: pem('B'), key: pem('C') }
const host = { id: 'h123', name: 'web-1' }
const address = { hostname: 'fd00::1', port: 2376, isNamed: false, isTls: true, authority: pems.authority }

it('the tar is unpacked by the commands of the page into the same files, for their owner alone', async () => {
  const home = mkdtempSync(join(tmpdir(), 'engine-set-up-'))
  const tar = await tarOfFiles(filesOf(pems), Date.now()).arrayBuffer()
  writeFileSync(join(home, archiveOf(host)), Buffer.from(tar))
  execFileSync('sh', ['-ec', unpackSetUp(host)], { cwd: home, env: { ...process.env, HOME: home } })
  const folder = join(home, '.docker-web-1')
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  expect([read('ca.pem'), read('cert.pem'), read('key.pem')]).toEqual(Object.values(pems))
  expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  rmSync(home, { recursive: true })
})

it.each(addressClients)('%s has the address, and a name that a shell would read is an id', (client) => {
  const odd = { id: 'h123', name: "it's mine; $(rm)" }
  const text = addressSetUp(client, odd, address, pems)
  expect(text).toContain('//[fd00::1]:2376')
  expect(text).not.toContain('mine')
  if (client !== 'prometheus') execFileSync('sh', ['-n'], { input: text })
  // The key is in what writes it, and nowhere else.
  expect(text.includes(pems.key)).toBe(client === 'shell')
})
