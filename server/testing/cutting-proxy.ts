import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  readonly port: number
  /** Resets every connection, as a router that forgets them does. Returns how many there were. */
  cut(): number
  close(): void
}

/** A TCP hop before a real engine whose connections can be cut at will. */
export async function startCuttingProxy(target: { host: string; port: number }): Promise<CuttingProxy> {
  const pairs = new Set<[Socket, Socket]>()
  const server = createServer((near) => {
    const far = connect(target)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    for (const [end, other] of [pair, [far, near]] as const) {
      end.setNoDelay(true)
      end.on('error', () => {})
      end.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
      end.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    const count = pairs.size
    for (const pair of pairs) for (const end of pair) end.resetAndDestroy()
    return count
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      server.close()
      cut()
    },
  }
}
