import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { makeImage, savedOf, tarOf } from '../../testing/archive-maker.ts'
import { inspectSpool } from './inspect-spool.ts'
import { Spool } from './spool.ts'

const folder = mkdtempSync(join(tmpdir(), 'inspect-spool-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('lets go of an upload that rests, and looks at it from its beginning when it goes on', async () => {
  const bytes = tarOf(savedOf([{ image: makeImage(['gzip']), tags: ['app:1'] }]))
  const spool = await Spool.at(join(folder, 'one'), bytes.length)
  const part = async (from: number, to: number) => {
    async function* body() {
      yield bytes.subarray(from, to)
    }
    await spool.append(from, body(), () => {})
  }
  const reads = vi.spyOn(spool, 'read')
  const { signal } = new AbortController()
  const looking = inspectSpool(spool, { signal, isRootfs: false, onFound() {}, idleMs: 50 })
  const isWaiting = vi.spyOn(spool, 'until')
  await part(0, 3000)
  // Of the reader no more than the wait for more bytes is left.
  await expect.poll(() => isWaiting.mock.lastCall).toEqual([3000, signal])
  await part(3000, bytes.length)
  const { contents, digest } = await looking
  expect(contents).toMatchObject({ kind: 'docker-archive', images: [{ names: ['docker.io/library/app:1'] }] })
  expect(digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
  expect(reads.mock.calls.length).toBeGreaterThan(1)
})

it('ends with the signal while it rests', async () => {
  const spool = await Spool.at(join(folder, 'two'), 10)
  const abort = new AbortController()
  const looking = inspectSpool(spool, { signal: abort.signal, isRootfs: false, onFound() {}, idleMs: 20 })
  setTimeout(() => abort.abort(new Error('gone')), 100)
  await expect(looking).rejects.toThrow('gone')
})
