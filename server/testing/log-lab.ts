import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { LogOptions, LogSelection } from '#lib/contracts/logs.ts'
import { type AppUnderTest, startApp } from './app-under-test.ts'
import { labTransport } from './lab-hosts.ts'
import { LogViewer } from './log-viewer.ts'

/** A server that knows engines of the lab, containers of a test's own on them, and viewers of their logs. */
export interface LogLab {
  readonly app: AppUnderTest
  readonly hosts: ReadonlyMap<EngineName, string>
  /** Names of its containers begin with it. */
  readonly prefix: string
  /** Starts a shell script; resolves with the container's id once the server knows it. */
  run(engine: EngineName, name: string, script: string, more?: object): Promise<string>
  /** Resolves once the engine has that line: a log of which only the end is wanted has to be at its end. */
  written(engine: EngineName, id: string, line: string): Promise<void>
  /** Whether the engine did it. */
  act(engine: EngineName, id: string, action: string): Promise<boolean>
  /** Not opened yet. */
  view(selection: LogSelection, options?: LogOptions): LogViewer
  of(engine: EngineName, containerId: string): LogSelection
  cutViewers(): void
  close(): Promise<void>
}

export async function startLogLab(
  noun: string,
  engines: readonly EngineName[],
  transports: Partial<Record<EngineName, object>> = {},
): Promise<LogLab> {
  const prefix = `${noun}-${randomUUID().slice(0, 8)}`
  const app = await startApp()
  await app.setUp()
  const hosts = new Map<EngineName, string>()
  for (const name of engines) {
    const transport = transports[name] ?? labTransport(name)
    hosts.set(name, ((await app.call('POST', '/api/hosts', { name, transport })).json as Host).id)
  }
  const synced = async () =>
    ((await app.call('GET', '/api/hosts')).json as Host[]).every((host) => host.syncedAt)
  for (const end = Date.now() + 30_000; !(await synced()) && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 100))
  const made: { engine: EngineName; name: string; id: string }[] = []
  const viewers: LogViewer[] = []
  return {
    app,
    hosts,
    prefix,
    async run(engine, name, script, more = {}) {
      const socketPath = labEngine(engine).localSocketPath
      // The second try of a test meets what the first has left.
      const earlier = made.filter((each) => each.engine === engine && each.name === name).length
      const again = earlier > 0 ? `-${earlier}` : ''
      const { Id: id } = await engineCall<{ Id: string }>(
        socketPath,
        'POST',
        `/v1.41/containers/create?name=${prefix}-${name}${again}`,
        { Image: labImages.busybox, Cmd: ['/bin/sh', '-c', script], ...more },
      )
      made.push({ engine, name, id })
      await engineCall(socketPath, 'POST', `/v1.41/containers/${id}/start`)
      const known = () => app.app.live.fleet.get('containers', hosts.get(engine) ?? '', id)
      await expect.poll(known).toBeDefined()
      return id
    },
    async written(engine, id, line) {
      const path = `/v1.41/containers/${id}/logs?stdout=1&tail=1`
      const read = async () => (await engineRequest(labEngine(engine).localSocketPath, 'GET', path)).text
      await expect.poll(read).toContain(`${line}\n`)
    },
    act: (engine, id, action) =>
      engineCall(labEngine(engine).localSocketPath, 'POST', `/v1.41/containers/${id}/${action}`).then(
        () => true,
        () => false,
      ),
    view(selection, options = {}) {
      const viewer = new LogViewer(app, selection, options)
      viewers.push(viewer)
      return viewer
    },
    of: (engine, containerId) => ({ containers: [{ hostId: hosts.get(engine) ?? '', containerId }] }),
    cutViewers() {
      for (const viewer of viewers.splice(0)) viewer.cut()
    },
    async close() {
      await app.close()
      await Promise.all(
        engines.map(async (name) => {
          // The last ones first: Podman removes none on whose namespaces another lives.
          for (const { engine, id } of made.toReversed())
            if (engine === name) await removeContainer(engine, id).catch(() => {})
        }),
      )
    },
  }
}

/**
 * Lines of a log over a restart as a test can compare them. A stream that Podman 4.3 goes on with over the restart has been
 * seen to leave out the first line of the new run; the tail finds it when it reads again, after its successors.
 */
export const inAnyOrderOnPodman4 = (engine: EngineName, lines: readonly string[]) =>
  engine === 'podman-tcp' ? lines.toSorted() : lines
