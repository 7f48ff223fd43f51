import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import { type LiveFrame, topicParams } from '#lib/contracts/live.ts'
import { liveTopics, type TopicName } from '#lib/live-topics.ts'
import type { ChangedBy } from '../access/access-changes.ts'
import { AppError } from '../errors.ts'
import { createLog } from '../log.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import { Publisher } from '../publisher.ts'
import { Channel } from './define-socket.ts'
import { liveSocket } from './live-socket.ts'
import type { Subscription, Topic } from './live-topic.ts'

/** Topics of the table whose behaviour each test makes its own, on real sockets. */
const log = createLog('silent')
let server: WebSocketServer
const principal = { userId: 'u', sessionId: 's', name: 'n', email: 'e', role: 'viewer' } satisfies Principal
let rights: string[]
let changes: Publisher<ChangedBy>
let denied: Set<string>
let opened: Record<string, Subscription[]>
let ended: string[]
let open: Record<string, (subscription: Subscription) => void>
let authorize: Record<string, (params: unknown) => void>
const pages: WebSocket[] = []

const deny: Authorize = (_principal, permission) => {
  if (denied.has(permission)) throw new AppError('denied', { params: { permission } })
}
const topics = Object.keys(liveTopics).map(
  (name): Topic => ({
    name: name as TopicName,
    authorize: (_authorize, _principal, params) => authorize[name]?.(params),
    open(subscription) {
      subscription.onEnd(() => ended.push(name))
      ;(opened[name] ??= []).push(subscription)
      open[name]?.(subscription)
    },
  }),
)

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
})
afterAll(() => server.close())
beforeEach(() => {
  rights = ['all']
  changes = new Publisher<ChangedBy>(log)
  denied = new Set()
  ;[opened, ended, open, authorize] = [{}, [], {}, {}]
})
afterEach(async () => {
  for (const page of pages.splice(0)) page.terminate()
  // What they held is let go before the next test counts.
  await expect.poll(() => server.clients.size).toBe(0)
})

async function page() {
  const access = { rightsOf: () => rights as never, authorize: deny, onChanged: changes.subscribe }
  const definition = liveSocket(topics, { access, authorize: deny, log })
  server.once('connection', (socket) =>
    definition.open(new Channel(socket, log, { principal, query: undefined, access })),
  )
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  pages.push(socket)
  const frames: LiveFrame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  const params = { hostId: 'h000000000000', id: 'a'.repeat(64) }
  return {
    frames,
    closed,
    socket,
    told: () => frames.map((frame) => ('id' in frame ? `${frame.type} ${frame.id}` : frame.type)),
    async follow(...names: TopicName[]) {
      for (const name of names)
        socket.send(JSON.stringify({ type: 'subscribe', id: name, topic: name, params }))
      await expect.poll(() => names.every((name) => opened[name])).toBe(true)
    },
    ask: (topic: TopicName) => socket.send(JSON.stringify({ type: 'subscribe', id: topic, topic, params })),
    leave: (id: string) => socket.send(JSON.stringify({ type: 'unsubscribe', id })),
  }
}

it('each topic asks for its own permission, and a denial is a frame that ends nothing else', async () => {
  denied.add('containers.stats')
  const { ask, follow, told, frames } = await page()
  await follow('fleet')
  for (const name of ['stats', 'container-stats', 'tasks'] as const) ask(name)
  await expect.poll(told).toEqual(['refused stats', 'refused container-stats'])
  expect(frames[0]).toMatchObject({ error: { code: 'denied', params: { permission: 'containers.stats' } } })
  await expect.poll(() => Object.keys(opened)).toEqual(['fleet', 'tasks'])
  opened.fleet?.[0]?.say({ goes: 'on' })
  await expect.poll(() => frames.at(-1)).toEqual({ type: 'frame', id: 'fleet', frame: { goes: 'on' } })
})

it('what other tags or names take ends alone, the rest is told, and what was refused may be asked for again', async () => {
  const { follow, told, frames, ask } = await page()
  await follow('fleet', 'container-stats', 'tasks')
  const changed: string[] = []
  for (const name of ['fleet', 'container-stats', 'tasks'])
    opened[name]?.[0]?.onChanged((by) => changed.push(`${name} ${by}`))
  authorize['container-stats'] = () => {
    throw new AppError('container_not_found')
  }
  changes.publish('tags')
  await expect.poll(told).toEqual(['ended container-stats'])
  expect(frames[0]).toMatchObject({ error: { code: 'container_not_found' } })
  expect([ended, changed]).toEqual([['container-stats'], ['fleet tags', 'tasks tags']])
  // It is over: nothing that it still says is heard.
  opened['container-stats']?.[0]?.say({ late: true })
  ask('container-stats')
  await expect.poll(told).toEqual(['ended container-stats', 'refused container-stats'])
  authorize = {}
  changes.publish('name')
  await expect.poll(() => told().slice(2)).toEqual(['rights'])
  changes.publish('name')
  ask('container-stats')
  await expect.poll(() => opened['container-stats']?.length).toBe(2)
  expect(told()).toHaveLength(3)
})

it('rights that are others end all of it, whatever a listener of another page does', async () => {
  const [faulty, other] = [await page(), await page()]
  await faulty.follow('fleet')
  opened.fleet?.[0]?.onChanged(() => {
    throw new Error('A fault')
  })
  other.ask('tasks')
  await expect.poll(() => opened.tasks?.length).toBe(1)
  changes.publish('tags')
  // What missed a word comes back and begins anew.
  expect(await faulty.closed).toBe(closeCodes.failed)
  await expect.poll(() => ended).toEqual(['fleet'])
  expect(other.socket.readyState).toBe(WebSocket.OPEN)
  rights = []
  changes.publish('rights')
  expect(await other.closed).toBe(closeCodes.rightsChanged)
  await expect.poll(() => ended).toEqual(['fleet', 'tasks'])
})

it('what cannot be begun: a refusal of its own, or a fault, after which the page comes back', async () => {
  const { ask, told, closed, follow } = await page()
  await follow('fleet')
  open.stats = () => {
    throw new AppError('too_many_streams')
  }
  ask('stats')
  await expect.poll(told).toEqual(['refused stats'])
  expect(ended).toEqual(['stats'])
  open.stats = () => {
    throw new Error('A fault')
  }
  ask('stats')
  expect(await closed).toBe(closeCodes.failed)
  await expect.poll(() => ended).toEqual(['stats', 'stats', 'fleet'])
})

it('each lets go of what it held once: left, or closed with the socket', async () => {
  const { follow, leave, socket } = await page()
  await follow('fleet', 'tasks')
  const fault = () => {
    throw new Error('A fault')
  }
  for (const name of ['fleet', 'tasks']) {
    opened[name]?.[0]?.onEnd(fault)
    opened[name]?.[0]?.onEnd(() => ended.push(`${name} too`))
  }
  leave('fleet')
  leave('fleet')
  await expect.poll(() => ended).toEqual(['fleet', 'fleet too'])
  socket.terminate()
  await expect.poll(() => ended).toEqual(['fleet', 'fleet too', 'tasks', 'tasks too'])
})

it('every topic has its shapes', () => {
  expect(Object.keys(topicParams)).toEqual(Object.keys(liveTopics))
})
