import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compressAssets, createStaticAssets } from './static-assets.ts'

const script = 'export const line = "all is well";\n'.repeat(500)
let server: Server
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roadstead-assets-'))
  mkdirSync(join(folder, 'static', 'chunks'), { recursive: true })
  writeFileSync(join(folder, 'static', 'chunks', 'a1.js'), script)
  writeFileSync(join(folder, 'secret.js'), 'secret')
  await compressAssets(join(folder, 'static'))
  const assets = createStaticAssets(join(folder, 'static'), '/base/_next/static/')
  server = createServer((asked, answer) => assets(asked, answer, () => answer.writeHead(404).end(asked.url)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

function get(path: string, encoding = '') {
  const { port } = server.address() as AddressInfo
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const asking = request(
        { port, host: '127.0.0.1', path, headers: { 'accept-encoding': encoding } },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk) => chunks.push(chunk))
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: Buffer.concat(chunks),
            }),
          )
        },
      )
      asking.on('error', reject).end()
    },
  )
}

describe('the build’s files', () => {
  it.each([
    ['br', 'br', (body: Buffer) => brotliDecompressSync(body)],
    ['gzip, br', 'br', (body: Buffer) => brotliDecompressSync(body)],
    ['gzip', 'gzip', (body: Buffer) => gunzipSync(body)],
    ['', undefined, (body: Buffer) => body],
  ] as const)('are served as Accept-Encoding %j allows', async (encoding, expected, unpack) => {
    const answer = await get('/base/_next/static/chunks/a1.js', encoding)
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, expected])
    expect(answer.headers['cache-control']).toContain('immutable')
    expect(answer.headers['content-type']).toContain('javascript')
    expect(String(unpack(answer.body))).toBe(script)
  })

  it.each([
    '/base/_next/static/../secret.js',
    '/base/_next/static/%2e%2e/secret.js',
    '/base/_next/static/..%2fsecret.js',
    '/base/_next/static/chunks/../../secret.js',
    '/base/_next/static//etc/passwd',
    '/base/_next/static/chunks',
    '/base/_next/static/%',
    '/_next/static/chunks/a1.js',
  ])('%s is not one of them, and goes on as it came', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: Buffer.from(path) })
  })
})
