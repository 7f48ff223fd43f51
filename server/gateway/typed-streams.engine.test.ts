import { connect as connectPlain } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { EngineAddress, EngineAddressAnswer, MadeCertificate } from '#lib/contracts/engine-addresses.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { certificateFor } from '../testing/engine-addresses.ts'
import { itAt } from '../testing/it-at.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'
import { sampleOf } from '../testing/whole-tables.ts'

/** As Podman's remote client sends an exec's start: no `Upgrade`, and the input behind the body. */
const engines = sampleOf<EngineName>(['podman5-tcp', 'podman-unix'], 2)
let test: AppUnderTest
let address: EngineAddress
const certificates = new Map<EngineName, MadeCertificate>()

beforeAll(async () => {
  test = await startApp({ ROADSTEAD_ENGINES_DOMAIN: 'engines.test, 127.0.0.1', ROADSTEAD_ENGINES_PORT: '0' })
  await test.setUp()
  for (const [engine, id] of await addLabHosts(test, engines)) {
    const found = await test.call('GET', `/api/hosts/${id}/engine-address`)
    address = (found.json as EngineAddressAnswer).address as EngineAddress
    certificates.set(engine, await certificateFor(test.call, { id }))
  }
})
afterAll(() => test?.close())

/** What comes of bytes to the end of the connection; input and end follow when there is a head. */
function talk(socket: Duplex, head: string, input: string) {
  return new Promise<string>((resolve, reject) => {
    let told = ''
    let isBegun = false
    socket.on('data', (chunk: Buffer) => {
      told += chunk.toString('latin1')
      if (!isBegun && told.includes('\r\n\r\n')) {
        isBegun = true
        socket.end(input)
      }
    })
    socket.on('end', () => resolve(told)).on('error', reject)
    socket.write(head)
  })
}

function atAddress(engine: EngineName): Duplex {
  const { authority, certificate, key } = certificates.get(engine) as MadeCertificate
  const own = { ca: authority, cert: certificate, key, allowHalfOpen: true }
  return connectTls({ host: '127.0.0.1', port: address.port, ...own })
}

/** Without the heads of Podman's frames, whose number is a matter of time, and the case of HTTP's. */
const unframed = (told: string) => told.replaceAll(/\p{Cc}\0{3}[\s\S]{4}/gu, '').toLowerCase()

const body = '{"Detach":false,"Tty":false,"h":0,"w":0}'
const start = (path: string, sent = body) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: ${sent.length}\r\nAccept-Encoding: gzip\r\n\r\n${sent}`

itAt(engines)('an exec without a word of a stream is typed into as at the engine', async (engine) => {
  const { localSocketPath } = labEngine(engine)
  const exec = async (command: string) => {
    const made = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: ['sh', '-c', command] }
    const call = [localSocketPath, 'POST', '/v4.3.1/libpod/containers/web/exec', made] as const
    return `/v4.3.1/libpod/exec/${(await engineCall<{ Id: string }>(...call)).Id}/start`
  }
  // The output goes on after the end of the input.
  const counts = 'wc -c; echo late'
  const input = 'typed\n'.repeat(10_000)
  const [direct, through] = [
    await talk(
      connectPlain({ path: localSocketPath, allowHalfOpen: true }),
      start(await exec(counts)),
      input,
    ),
    await talk(atAddress(engine), start(await exec(counts)), input),
  ]
  expect(direct).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*60000\n[\s\S]*late\n$/)
  expect(unframed(through)).toBe(unframed(direct))
  // What there is not, is refused as there, and what another client asks of the same address is answered as ever.
  const none = start(`/v4.3.1/libpod/exec/${'f'.repeat(64)}/start`)
  expect(await talk(atAddress(engine), none, '')).toMatch(/^HTTP\/1.1 404 Not Found\r\n[\s\S]*"response":404/)
  const ping = 'GET /v4.3.1/libpod/_ping HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n'
  expect(await talk(atAddress(engine), ping, '')).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*OK$/)
})
