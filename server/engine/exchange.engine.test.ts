import { createHash, randomBytes } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { tarEnd, tarHeader, tarPadding } from '../tar/write.ts'
import { labSpec } from '../testing/lab-transport.ts'
import { openTransport } from '../transport/index.ts'
import type { Transport } from '../transport/types.ts'
import { exchange } from './exchange.ts'

const engines: readonly EngineName[] = [
  ...(['docker-unix', 'docker-tls', 'docker-ssh', 'docker28-tcp'] as const),
  ...(['podman-ssh', 'podman5-tcp'] as const),
]
const size = 8 * 1024 * 1024

/** Hash of a tar's only file, and how long the tar was. */
class Hashing extends Writable {
  length = 0
  private readonly hash = createHash('sha256')
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    const [from, to] = [512 - this.length, 512 + size - this.length]
    this.hash.update(chunk.subarray(Math.max(0, from), Math.max(0, to)))
    this.length += chunk.length
    // Slower than what sends.
    setImmediate(done)
  }
  digest = () => this.hash.digest('hex')
}

describe.each(engines)('bodies on connections of their own to %s', (name) => {
  const { localSocketPath } = labEngine(name)
  let transport: Transport
  let id: string
  const ask = (method: string, path: string, body: Readable | null, signal = new AbortController().signal) =>
    exchange(transport, { method, path: `/v1.40${path}`, headers: {}, body, signal })
  beforeAll(async () => {
    transport = openTransport(labSpec(labEngine(name)))
    const config = { Image: labImages.busybox, Cmd: ['true'] }
    id = (await engineCall<{ Id: string }>(localSocketPath, 'POST', '/v1.40/containers/create', config)).Id
  })
  afterAll(async () => {
    await transport?.close()
    if (id) await engineCall(localSocketPath, 'DELETE', `/v1.40/containers/${id}?force=1`)
  })

  it('go and come back byte for byte', async () => {
    const data = randomBytes(size)
    const file = {
      path: 'file',
      type: 'file',
      size,
      mode: 0o644,
      mtime: 1_700_000_000,
      uid: 0,
      gid: 0,
    } as const
    // Views of it: a piece that is all of its memory is given away.
    const pieces = function* () {
      yield tarHeader(file)
      for (let at = 0; at < size; at += 65_536) yield data.subarray(at, at + 65_536)
      yield Buffer.concat([tarPadding(size), tarEnd()])
    }
    const sent = await ask('PUT', `/containers/${id}/archive?path=/tmp`, Readable.from(pieces()))
    expect(sent.status).toBe(200)
    sent.close()
    const got = await ask('GET', `/containers/${id}/archive?path=/tmp/file`, null)
    const hashing = new Hashing()
    await got.passTo(hashing, false)
    await new Promise<void>((resolve) => hashing.end(resolve))
    expect(hashing.digest()).toBe(createHash('sha256').update(data).digest('hex'))
  })

  it('are answered though the engine wants no more of them', async () => {
    const noise = function* () {
      for (let sent = 0; sent < 512; sent++) yield randomBytes(65_536)
    }
    const path = `/containers/${id}/archive?path=/nowhere/at/all`
    const answer = await ask('PUT', name.startsWith('podman') ? '/images/load' : path, Readable.from(noise()))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    answer.close()
  })

  it('end when asked to, in the middle', async () => {
    const stop = new AbortController()
    const got = await ask('GET', `/containers/${id}/export`, null, stop.signal)
    const full = new Writable({ write: () => stop.abort(new Error('enough')) })
    await expect(got.passTo(full, true)).rejects.toThrow()
  })
})
