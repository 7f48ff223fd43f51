import { expect, it, vi } from 'vitest'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { HostChange, HostRegistry } from '../../fleet/host-registry.ts'
import type { Log } from '../../log.ts'
import { createEndings, type Leftover } from './ending.ts'

it.each(['whose host was away', 'that a restart has left'])(
  'ends a terminal %s as soon as the host is back',
  async (which) => {
    const asked: string[] = []
    const engine = {
      execs: {
        async create() {
          asked.push('exec')
          throw new AppError('container_not_running')
        },
      },
    } as unknown as EngineClient
    let online = false
    const listeners = new Set<(change: HostChange) => void>()
    const registry = {
      list: () => [{ id: 'h' }],
      engine() {
        if (!online) throw new AppError('host_unreachable')
        return engine
      },
      subscribe(listener: (change: HostChange) => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    } as unknown as HostRegistry
    const stored = new Map<string, Leftover>()
    const store = {
      all: async () => [...stored.values()],
      add: async (terminal: Leftover) => void stored.set(terminal.mark, terminal),
      remove: async (mark: string) => void stored.delete(mark),
    }
    const log = { warn() {} } as unknown as Log
    const terminal = { hostId: 'h', containerId: 'c', mark: 'm' }
    let endings = await createEndings({ registry, store, log })
    await endings.begun(terminal)
    if (which === 'whose host was away') await endings.end(terminal)
    else {
      // As after a kill: nobody has ended it, and another server finds it.
      endings.stop()
      endings = await createEndings({ registry, store, log })
    }
    await vi.waitFor(() => expect(listeners.size).toBe(1), 10_000)
    expect(asked).toEqual([])
    online = true
    for (const listener of listeners) listener({ type: 'removed', hostId: 'other' })
    // The container is stopped by now: nothing of it runs, and nobody asks again.
    await vi.waitFor(() => expect(asked).toEqual(['exec']), 10_000)
    await vi.waitFor(() => expect(stored.size).toBe(0))
    endings.stop()
  },
)
