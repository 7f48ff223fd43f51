import { expect } from 'vitest'
import { WebSocket } from 'ws'
import type { Container } from '#lib/contracts/containers.ts'
import type { StatsFrame } from '#lib/contracts/stats.ts'
import type { AppUnderTest } from './app-under-test.ts'

/** A browser's end of the stats socket. */
export async function watchStats(test: AppUnderTest) {
  const socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/stats`, {
    headers: { cookie: test.cookie, origin: test.origin },
  })
  const frames: StatsFrame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const ask = (type: string, container?: Container) =>
    socket.send(JSON.stringify({ type, hostId: container?.hostId, id: container?.id }))
  const of = <T extends StatsFrame['type']>(type: T) =>
    frames.filter((frame): frame is Extract<StatsFrame, { type: T }> => frame.type === type)
  const samples = (id: string) => of('sample').flatMap((frame) => (frame.id === id ? [frame.point] : []))
  return { socket, frames, closed, ask, of, samples }
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
