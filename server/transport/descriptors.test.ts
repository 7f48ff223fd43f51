import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Host } from '#lib/contracts/hosts.ts'
import { killServers, startServerThatEnds } from '../testing/server-that-ends.ts'
import { startSimulatedEngine } from '../testing/simulated-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-few-'))
afterAll(() => {
  killServers()
  rmSync(folder, { recursive: true, force: true })
})

// Elsewhere than on Linux open files are not counted (descriptors.ts).
it.skipIf(process.platform !== 'linux')(
  'more hosts than there are descriptors for are told so, and people still come in',
  async () => {
    const engine = await startSimulatedEngine({ number: 1, containers: 1 })
    try {
      const server = await startServerThatEnds(folder, engine.port, 120)
      const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
      for (let number = 0; number < 40; number++)
        await server.call('POST', '/api/hosts', { name: `host-${number}`, transport })
      const codes = async () =>
        (await server.call<Host[]>('GET', '/api/hosts')).map(({ error }) => error?.code ?? null)
      await expect.poll(codes).toContain('descriptors_few')
      expect(await codes()).toContain(null)
      // Each on a connection of its own.
      const doors = Array.from({ length: 10 }, () => server.call<{ ok: boolean }>('GET', '/api/health'))
      expect((await Promise.all(doors)).every(({ ok }) => ok)).toBe(true)
      server.child.kill('SIGKILL')
      await server.ended
    } finally {
      engine.close()
    }
  },
)
