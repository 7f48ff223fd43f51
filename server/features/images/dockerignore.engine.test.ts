import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import table from '#lib/build/dockerignore-table.json' with { type: 'json' }
import { readTar } from '../../tar/read.ts'
import { sampleOf } from '../../testing/whole-tables.ts'

/** What the program sent last, by way of a server that takes a context as an engine does and builds nothing. */
let sent: string[] = []
const engine = createServer(async (request, response) => {
  response.setHeader('api-version', '1.43')
  if (request.url?.includes('/build')) {
    const names: string[] = []
    for await (const entry of readTar(request)) {
      if (entry.type === 'file') names.push(entry.path)
      for await (const _ of entry.body);
    }
    sent = names
    response.end('{"stream":"done"}\n')
  } else response.end('OK')
})
const folder = mkdtempSync(join(tmpdir(), 'ignore-'))
let client = ''

beforeAll(async () => {
  client = join(await ensureNewerEngine('dockerClient', () => {}), 'usr/bin/docker')
  for (const file of [...table.files, 'Dockerfile']) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), 'FROM scratch\n')
  }
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  engine.close()
  rmSync(folder, { recursive: true })
})

it('the table of .dockerignore files is what the CLI 28 leaves out', { timeout: 300_000 }, async () => {
  const host = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`
  const wrong: object[] = []
  for (const row of sampleOf<(typeof table.rows)[number]>(table.rows, 8)) {
    writeFileSync(join(folder, '.dockerignore'), row.text)
    sent = []
    const { code, stderr } = await run(client, ['--host', host, 'build', '-q', folder], {
      env: { ...process.env, HOME: folder, DOCKER_BUILDKIT: '0' },
      check: false,
    })
    const ignored = code === 0 ? table.files.filter((file) => !sent.includes(file)) : null
    // The classic builder does not look into a folder that is left out for what an exception with a wildcard would take
    // back there; BuildKit, which builds by default, does.
    const expected = 'classic' in row ? row.classic : row.ignored
    if (JSON.stringify(ignored) !== JSON.stringify(expected))
      wrong.push({ text: row.text, cli: ignored, table: expected, stderr })
  }
  expect(wrong).toEqual([])
})
