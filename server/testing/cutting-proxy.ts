import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  readonly port: number
  /** Resets every connection, as a router that forgets them does, or closes it, as an end that is killed does. Returns how many there were. */
  cut(kind?: 'reset' | 'close'): number
  /** From now on nothing passes, as behind a firewall that drops, or every connection is reset. */
  fault(kind: 'drop' | 'reset'): void
  /** Connections pass again; those from before are gone. */
  heal(): void
  /**
   * Calls back once, at the first request that begins so. It has reached the engine, and its answer nobody yet; 'before' is
   * when the engine has nothing of it.
   */
  at(request: RegExp, act: () => void, when?: 'before' | 'after'): void
  close(): void
}

/** A TCP hop before a real engine whose connections can be cut at will. */
export async function startCuttingProxy(target: { host: string; port: number }): Promise<CuttingProxy> {
  const pairs = new Set<[Socket, Socket]>()
  let faulty: 'drop' | 'reset' | null = null
  let awaited: { request: RegExp; act: () => void; when: 'before' | 'after' } | null = null
  const server = createServer((near) => {
    near.on('error', () => {})
    if (faulty === 'reset') return void near.resetAndDestroy()
    const far = connect(target)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    const look = (now: 'before' | 'after') => (chunk: Buffer) => {
      if (awaited?.when !== now || !awaited.request.test(String(chunk).slice(0, 300))) return
      const { act } = awaited
      awaited = null
      act()
    }
    // Listeners are called in order: the pipe, which hands it on, is between the two.
    near.on('data', look('before'))
    for (const [end, other] of [pair, [far, near]] as const) {
      end.setNoDelay(true)
      end.on('error', () => {})
      end.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
      if (faulty === null) end.pipe(other)
    }
    near.on('data', look('after'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (kind: 'reset' | 'close' = 'reset') => {
    const count = pairs.size
    for (const end of [...pairs].flat()) {
      if (kind === 'reset') end.resetAndDestroy()
      else end.destroy()
    }
    return count
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    fault(kind) {
      faulty = kind
      for (const [near, far] of pairs) {
        // The engine gets what is on its way.
        if (kind === 'reset') near.resetAndDestroy()
        else for (const end of [near.unpipe(far), far.unpipe(near)]) end.pause()
      }
    },
    heal() {
      faulty = null
      cut()
    },
    at(request, act, when = 'after') {
      awaited = { request, act, when }
    },
    close() {
      server.close()
      cut()
    },
  }
}
