import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '#e2e/lab/free-port.ts'
import { askPing } from '../testing/ask-ping.ts'
import { dialTcp } from './dial.ts'
import { openTransport } from './index.ts'
import type { TransportSpec } from './types.ts'

const folder = mkdtempSync(join(tmpdir(), 'dial-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function ping(spec: TransportSpec): Promise<string> {
  const transport = openTransport(spec)
  try {
    return await askPing(transport)
  } finally {
    await transport.close()
  }
}

/** A server that greets with bytes that are no HTTP. */
async function greeter(bytes: string | Buffer) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

describe('unix sockets', () => {
  it('tells that none is there', async () => {
    const socketPath = join(folder, 'none.sock')
    await expect(ping({ kind: 'unix', socketPath })).rejects.toMatchObject({
      code: 'socket_not_found',
      context: { params: { path: socketPath } },
    })
  })

  it('tells that its engine is gone', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(folder, 'live.sock'), resolve))
    const socketPath = join(folder, 'left-behind.sock')
    renameSync(join(folder, 'live.sock'), socketPath)
    await new Promise((resolve) => server.close(resolve))
    await expect(ping({ kind: 'unix', socketPath })).rejects.toMatchObject({ code: 'connection_refused' })
  })

  it('tells that a file is none', async () => {
    const socketPath = join(folder, 'file')
    writeFileSync(socketPath, '')
    await expect(ping({ kind: 'unix', socketPath })).rejects.toMatchObject({ code: 'connection_refused' })
  })
})

describe('TCP', () => {
  it('tells that nobody listens', async () => {
    const port = await freePort()
    await expect(ping({ kind: 'tcp', host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'connection_refused',
      context: { params: { host: '127.0.0.1', port } },
    })
  })

  it('tells that the name is unknown, and that an address is never dialled', async () => {
    await expect(dialTcp('engine.invalid', 2375)).rejects.toMatchObject({ code: 'name_not_resolved' })
    await expect(dialTcp('169.254.169.254', 80)).rejects.toMatchObject({ code: 'address_refused' })
  })

  it.each([
    ['an SSH server', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a mail server', '220 mail.example ESMTP\r\n'],
    ['random bytes', Buffer.from([0, 255, 1, 254, 2, 253])],
  ])('tells %s from an engine', async (_name, bytes) => {
    const peer = await greeter(bytes)
    await expect(ping({ kind: 'tcp', host: '127.0.0.1', port: peer.port })).rejects.toMatchObject({
      code: 'not_an_engine',
    })
    peer.close()
  })
})

it('ends connections that somebody dialled for themselves when it is closed, and dials no more', async () => {
  const { port, close } = await greeter('')
  const transport = openTransport({ kind: 'tcp', host: '127.0.0.1', port })
  const socket = await transport.dial()
  const over = new Promise((resolve) => socket.once('close', resolve))
  await transport.close()
  await over
  await expect(transport.dial()).rejects.toMatchObject({ code: 'connection_reset' })
  close()
})
