import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect } from 'vitest'
import type { EngineName } from '#e2e/lab/state.ts'
import { itAt } from '../../testing/it-at.ts'
import { type LogLab, startLogLab } from '../../testing/log-lab.ts'
import { pairOf, sampleOf } from '../../testing/whole-tables.ts'

const engines = pairOf<EngineName>(
  ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp'],
  'older Docker',
)

/** What a shell writes, and the lines that it is. Runtimes cut what they read at 8, 16 and 32 KiB. */
const written: [script: string, lines: readonly string[]][] = [
  ['seq 1 3000', Array.from({ length: 3000 }, (_, index) => String(index + 1))],
  ["printf 'in '; sleep 0.1; printf 'pie'; sleep 0.1; echo ces", ['in pieces']],
  ["echo; echo; echo '  blanks around  '", ['', '', '  blanks around  ']],
  ...[
    '2026-01-02T03:04:05.678901234Z a stamp of Docker',
    '2026-01-02T03:04:05.678901234+01:00 stdout F a stamp of conmon',
    'one in the middle 2026-01-02T03:04:05.678901234Z of a line',
    '2026-01-02T03:04:05.678901234Z',
    '{"log":"a line of json-file\\n","stream":"stdout","time":"2026-01-02T03:04:05.678901234Z"}',
    'ümläuts, € and 🚢',
  ].map((text): [string, string[]] => [`echo '${text}'`, [text]]),
  ...[8191, 8192, 8193, 16_383, 16_384, 16_385, 32_768, 1_000_000].map((length): [string, string[]] => [
    `head -c ${length} /dev/zero | tr '\\0' m; echo`,
    ['m'.repeat(length)],
  ]),
  ['i=0; while [ $i -lt 500 ]; do echo same; i=$((i+1)); done', Array.from({ length: 500 }, () => 'same')],
  ["printf 'no newline'", ['no newline']],
]
/** It ends: Docker keeps what has no newline to itself as long as more may come. */
const script = written.map(([each]) => each).join('\n')
const expected = written.flatMap(([, lines]) => lines)
/** Long lines as a failed test can show them. */
const brief = (lines: readonly string[]) =>
  lines.map((line) =>
    line.length < 200 ? line : `${line.length} ${createHash('sha256').update(line).digest('hex')}`,
  )

let lab: LogLab
beforeAll(async () => {
  lab = await startLogLab('bytes', engines)
})
afterAll(() => lab.close())

const download = async (engine: EngineName, id: string) => {
  const query = `containers=${lab.hosts.get(engine)}/${id}&format=ndjson`
  const answer = await fetch(`${lab.app.origin}/api/logs/download?${query}`, {
    headers: { cookie: lab.app.cookie },
  })
  const rows = (await answer.text()).trim().split('\n')
  return rows.map((row) => (JSON.parse(row) as { line: string }).line)
}

const rows = engines.flatMap((engine) => [
  { name: `plain on ${engine}`, engine, kind: 'plain', more: {} },
  { name: `terminal on ${engine}`, engine, kind: 'terminal', more: { Tty: true } },
  ...(engine.startsWith('docker')
    ? [
        {
          name: `local on ${engine}`,
          engine,
          kind: 'local',
          more: { HostConfig: { LogConfig: { Type: 'local' } } },
        },
      ]
    : []),
])

itAt(sampleOf(rows, 3))(
  'of a log every byte comes, followed and as a file',
  async ({ engine, kind, more }) => {
    const id = await lab.run(engine, kind, script, more)
    const viewer = await lab.view(lab.of(engine, id), { since: '1' }).open()
    await expect.poll(() => viewer.text.at(-1), { timeout: 100_000 }).toBe('no newline')
    expect(brief(viewer.text)).toEqual(brief(expected))
    viewer.cut()
    expect(brief(await download(engine, id))).toEqual(brief(expected))
  },
)

itAt(sampleOf(engines, 3))(
  'of a log that the engine has cut at its beginning, all that is left comes, in order',
  async (engine) => {
    const config = { 'max-size': '100k', ...(engine.startsWith('docker') ? { 'max-file': '2' } : {}) }
    const HostConfig = { LogConfig: { Type: 'json-file', Config: config } }
    const id = await lab.run(engine, 'rotated', 'seq 1 9000; echo end; sleep 600', { HostConfig })
    await lab.written(engine, id, 'end')
    const lines = await download(engine, id)
    const all = [...Array.from({ length: 9000 }, (_, index) => String(index + 1)), 'end']
    expect(lines.length).toBeGreaterThan(100)
    expect(lines.length).toBeLessThan(all.length)
    expect(lines).toEqual(all.slice(-lines.length))
  },
)
