import { WebSocket } from 'ws'
import type { LiveFrame, LiveRequest, TopicFrames, TopicParams } from '#lib/contracts/live.ts'
import type { TopicName } from '#lib/live-topics.ts'
import type { AppUnderTest } from './app-under-test.ts'

/** What is said on the live socket to follow a topic; its name is the id. */
export const following = (topic: TopicName, params?: object): LiveRequest => ({
  type: 'subscribe',
  id: topic,
  topic,
  params,
})

/** The frames of one subscription among messages of the live socket. */
export function framesOf<Name extends TopicName>(texts: readonly string[], id: Name): TopicFrames[Name][] {
  return texts
    .map((text) => JSON.parse(text) as LiveFrame<Name>)
    .flatMap((frame) => (frame.type === 'frame' && frame.id === id ? [frame.frame] : []))
}

/** A browser's end of the live socket. */
export async function openLive(test: AppUnderTest, cookie = test.cookie) {
  const socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/live`, {
    headers: { cookie, origin: test.origin },
  })
  const frames: LiveFrame[] = []
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const say = (request: unknown) =>
    socket.send(typeof request === 'string' ? request : JSON.stringify(request))
  let ids = 0
  return {
    socket,
    frames,
    closed,
    say,
    /** What was refused, or ended, with its code. */
    refusals: () =>
      frames.flatMap((frame) =>
        frame.type === 'refused' || frame.type === 'ended'
          ? [`${frame.type} ${frame.id} ${frame.error.code}`]
          : [],
      ),
    follow<Name extends TopicName>(topic: Name, params?: TopicParams[Name]) {
      const id = `${topic}-${++ids}`
      say({ type: 'subscribe', id, topic, params })
      return {
        id,
        frames: () =>
          frames.flatMap((frame) =>
            frame.type === 'frame' && frame.id === id ? [frame.frame as TopicFrames[Name]] : [],
          ),
        error: () =>
          frames.find((frame) => (frame.type === 'refused' || frame.type === 'ended') && frame.id === id),
        leave: () => say({ type: 'unsubscribe', id }),
      }
    },
  }
}
