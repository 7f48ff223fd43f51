import { expect } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import type { ContainerStatsFrame } from '#lib/contracts/stats.ts'
import type { AppUnderTest } from './app-under-test.ts'
import { openLive } from './live-viewer.ts'

type Watched = Pick<Container, 'hostId' | 'id'>

/** A page that shows figures. */
export async function watchStats(test: AppUnderTest) {
  const { socket, follow } = await openLive(test)
  const watched: { of: Watched; topic: ReturnType<typeof follow<'container-stats'>> }[] = []
  /** Frames of one kind, each with its container. */
  const of = <T extends ContainerStatsFrame['type']>(type: T) =>
    watched.flatMap(({ of: { id }, topic }) =>
      topic
        .frames()
        .filter((frame): frame is Extract<ContainerStatsFrame, { type: T }> => frame.type === type)
        .map((frame) => ({ ...frame, id })),
    )
  return {
    socket,
    of,
    samples: (id: string) => of('sample').flatMap((frame) => (frame.id === id ? [frame.point] : [])),
    fleet: () => follow('stats'),
    watch(container: Watched) {
      const topic = follow('container-stats', { hostId: container.hostId, id: container.id })
      watched.push({ of: container, topic })
      return topic
    },
  }
}

/** Registers a host; its id. */
export async function addHost(test: AppUnderTest, name: string, transport: unknown): Promise<string> {
  const answer = await test.call('POST', '/api/hosts', { name, transport })
  expect(answer.status, JSON.stringify(answer.json)).toBe(200)
  return (answer.json as { id: string }).id
}

/** Waits until the fleet shows it running. */
export async function runningContainer(test: AppUnderTest, hostId: string, name: string): Promise<Container> {
  const find = () =>
    test.app.live.fleet
      .all('containers', hostId)
      .find((each) => each.name === name && each.state === 'running')
  await expect.poll(() => find() !== undefined).toBe(true)
  return find() as Container
}
