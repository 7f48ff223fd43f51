import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { expect, vi } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { FileEntry, FilesFrame } from '#lib/contracts/files.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from './app-under-test.ts'
import { labTransport } from './lab-hosts.ts'

/** The calls at the files of one container, as an administrator. */
export interface ContainerFiles {
  id: string
  hostId: string
  /** Of the API, without a query. */
  path: string
  list(of: string): Promise<{ entries: Map<string, FileEntry>; frames: FilesFrame[] }>
  get(rest: string): ReturnType<AppUnderTest['call']>
  /** A body that is shorter than its length says is cut after a moment, and the call rejects. */
  put(query: string, body: Buffer | null, length?: number): Promise<{ status: number; text: string }>
}

/** Containers of real engines whose files are read and written through an app. */
export interface FilesLab {
  test: AppUnderTest
  prefix: string
  /** Undone at the end, the last first. */
  made: (() => unknown)[]
  addHost(engine: EngineName): Promise<string>
  /** A running container of busybox; resolves when the app knows it. */
  make(engine: EngineName, hostId: string, name: string, body: object): Promise<ContainerFiles>
  close(): Promise<void>
}

export const errorCodeOf = (answer: { json: unknown }) =>
  (answer.json as { error?: { code: string } }).error?.code

export async function startFilesLab(): Promise<FilesLab> {
  const test = await startApp()
  await test.setUp()
  const prefix = `files-${randomUUID().slice(0, 8)}`
  const made: FilesLab['made'] = []
  return {
    test,
    prefix,
    made,
    async addHost(engine) {
      const transport = labTransport(engine)
      return ((await test.call('POST', '/api/hosts', { name: engine, transport })).json as Host).id
    },
    async make(engine, hostId, name, body) {
      const { localSocketPath: socketPath } = labEngine(engine)
      const { Id } = await engineCall<{ Id: string }>(
        ...([socketPath, 'POST', `/v1.41/containers/create?name=${prefix}-${name}-${engine}`] as const),
        { Image: labImages.busybox, StopTimeout: 0, ...body },
      )
      made.push(() => removeContainer(engine, Id))
      await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
      // In hooks, too, where `expect.poll` may not be.
      await vi.waitFor(
        () => expect(test.app.live.fleet.get('containers', hostId, Id)?.state).toBe('running'),
        { timeout: 30_000 },
      )
      return callsAt(test, hostId, Id)
    },
    async close() {
      await test.close()
      for (const undo of made.toReversed())
        await Promise.resolve()
          .then(undo)
          .catch(() => {})
    },
  }
}

function callsAt(test: AppUnderTest, hostId: string, id: string): ContainerFiles {
  const path = `/api/hosts/${hostId}/containers/${id}/files`
  return {
    id,
    hostId,
    path,
    async list(of) {
      const answer = await fetch(`${test.origin}${path}?path=${encodeURIComponent(of)}`, {
        headers: { cookie: test.cookie },
      })
      expect(answer.status).toBe(200)
      const frames = (await answer.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as FilesFrame)
      const entries = new Map<string, FileEntry>()
      for (const frame of frames) {
        if (frame.type === 'entries') for (const entry of frame.entries) entries.set(entry.name, entry)
        if (frame.type === 'size') (entries.get(frame.name) as FileEntry).size = frame.size
      }
      return { entries, frames }
    },
    get: (rest) => test.call('GET', `${path}${rest}`),
    put: (query, body, length = body?.length ?? 0) =>
      new Promise((resolve, reject) => {
        const headers = {
          cookie: test.cookie,
          origin: test.origin,
          ...(body ? { 'content-type': 'application/octet-stream', 'content-length': length } : {}),
        }
        const call = request(
          new URL(`${test.origin}${path}?${query}`),
          { method: 'PUT', headers },
          (answer) => {
            const chunks: Buffer[] = []
            answer.on('data', (chunk) => chunks.push(chunk))
            answer.on('end', () =>
              resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
            )
          },
        )
        call.on('error', reject)
        if (!body || length === body.length) call.end(body ?? undefined)
        else call.write(body, () => setTimeout(() => call.destroy(), 300))
      }),
  }
}
