import { expect, it } from 'vitest'
import type { EngineClient } from '../../engine/types.ts'
import { hiddenBy } from './hidden.ts'

const document = (Status: string) => ({
  State: { Status },
  Mounts: [
    { Type: 'tmpfs', Destination: '/mem' },
    { Type: 'volume', Destination: '/run/data' },
  ],
  HostConfig: { Tmpfs: { '/run': '', '/tmp/': 'size=1m' }, Mounts: [{ Type: 'tmpfs', Target: '/cache' }] },
})

it.each([
  ['docker', 'running', '/run', true],
  ['docker', 'running', '/run/x/y', true],
  ['docker', 'exited', '/tmp/x', true],
  ['docker', 'running', '/mem', true],
  ['docker', 'running', '/cache/x', true],
  ['docker', 'running', '/dev/shm', true],
  ['docker', 'running', '/proc/1', true],
  ['docker', 'running', '/run/data/x', false],
  ['docker', 'running', '/runner', false],
  ['docker', 'running', '/', false],
  ['podman', 'running', '/run/x', false],
  ['podman', 'exited', '/run/x', true],
  ['podman', 'running', '/proc/self/status', true],
  ['podman', 'running', '/dev/shm', false],
] as const)('on %s, %s: %s is hidden: %s', async (flavour, status, path, hidden) => {
  const engine = {
    info: { flavour },
    containers: { inspect: async () => document(status) },
  } as unknown as EngineClient
  const found = await hiddenBy(engine, 'c', path, AbortSignal.timeout(1000))
  expect(found !== null).toBe(hidden)
  if (found) expect(found.isInside).toBe(status === 'running' && !path.startsWith('/proc'))
})
