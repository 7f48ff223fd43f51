import { describe, expect, it } from 'vitest'
import { PullBars, transferError } from './pull.ts'

const take = (lines: Parameters<PullBars['take']>[0][]) => {
  const bars = new PullBars()
  return { taken: lines.map((line) => bars.take(line)), bars: bars.bars }
}

describe('lines of a pull', () => {
  it('become a bar for each layer', () => {
    const { taken, bars } = take([
      { status: 'Pulling from library/x', id: '1' },
      { status: 'Pulling fs layer', id: 'aa', progressDetail: {} },
      { status: 'Downloading', id: 'aa', progressDetail: { current: 5, total: 10 } },
      { status: 'Already exists', id: 'bb', progressDetail: {} },
      { status: 'Extracting', id: 'aa', progressDetail: { current: 3, total: 10 } },
      { status: 'Pull complete', id: 'aa', progressDetail: {} },
    ])
    expect(taken).toEqual([false, true, true, true, true, true])
    expect(bars).toEqual([
      { id: 'aa', label: 'Pull complete', current: 10, total: 10 },
      { id: 'bb', label: 'Already exists', current: 1, total: 1 },
    ])
  })

  it.each([
    ['Downloading', true],
    ['Download complete', true],
    ['Pull complete', false],
    ['Already exists', false],
  ])('of a layer of which the last word is “%s” tell whether it is half: %s', (status, isHalf) => {
    const bars = new PullBars()
    expect(bars.isHalf).toBe(false)
    bars.take({ status: 'Pulling fs layer', id: 'aa' })
    bars.take({ status, id: 'aa' })
    expect(bars.isHalf).toBe(isHalf)
  })

  it('become no more bars than an image has layers; the others are counted in one', () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => `layer${index}`)
    const bars = new PullBars()
    for (const id of ids) bars.take({ status: 'Pulling fs layer', id })
    expect(bars.bars).toHaveLength(129)
    expect(bars.bars.at(-1)).toEqual({ id: '…', label: '', current: 0, total: 10_000, unit: 'objects' })
    bars.take({ status: 'Downloading', id: 'layer5', progressDetail: { current: 1, total: 2 } })
    bars.take({ status: 'Pull complete', id: 'layer200' })
    bars.take({ status: 'Pull complete', id: 'layer200' })
    expect(bars.bars.map(({ id }) => id)).toEqual([...ids.slice(0, 128), '…'])
    expect([bars.bars[5]?.total, bars.bars.at(-1)?.current]).toEqual([2, 1])
  })

  it.each([
    [
      'control characters',
      { status: 'Copying \u001b]52;c;x\u0007blob', id: 'a\u0000\u202ea' },
      'a\ufffda',
      'Copying blob',
    ],
    ['a long name', { status: 'Downloading', id: 'a'.repeat(9000) }, 'a'.repeat(80), 'Downloading'],
    [
      'sizes that are none',
      { status: 'Downloading', id: 'a', progressDetail: { current: '5', total: -1 } },
      'a',
      'Downloading',
    ],
  ])('with %s are shown as text', (_, line, id, label) => {
    expect(take([line]).bars).toEqual([{ id, label, current: 0, total: null }])
  })

  it.each([
    [{ status: {}, id: 'a' }],
    [{ status: 'Downloading', id: 5 }],
    [{ id: 'a' }],
    [{ progressDetail: null }],
  ])('of another form are passed over: %j', (line) => {
    expect(take([line])).toEqual({ taken: [false], bars: [] })
  })
})

describe('what an engine says of a registry', () => {
  it.each([
    ['pull', 'manifest for x:1 not found: manifest unknown: manifest unknown', 'pull_not_found'],
    [
      'pull',
      'pull access denied for x, repository does not exist or may require docker login',
      'pull_denied',
    ],
    ['pull', 'no matching manifest for linux/amd64 in the manifest list entries', 'pull_no_platform'],
    ['pull', 'write /var/lib/docker: no space left on device', 'engine_disk_full'],
    ['pull', 'dial tcp: lookup registry: no such host', 'pull_failed'],
    ['pull', 'open /var/lib/docker/tmp/x: permission denied', 'pull_failed'],
    ['push', 'denied: requested access to the resource is denied', 'push_denied'],
    ['push', 'no basic auth credentials', 'push_denied'],
    ['push', 'unauthorized: authentication required', 'push_denied'],
    [
      'push',
      'writing blob: initiating layer upload to /v2/a/blobs/uploads/ in r.example: authentication required',
      'push_denied',
    ],
    [
      'push',
      'trying to reuse blob sha256:0 at destination: checking whether a blob exists in r.example/a: requested access to the resource is denied',
      'push_denied',
    ],
    ['push', 'unable to retrieve auth token: invalid username/password: unauthorized: x', 'push_denied'],
    ['push', 'writing blob: received unexpected HTTP status: 403 Forbidden', 'push_denied'],
    ['push', 'name unknown: The repository with name a does not exist in the registry', 'push_failed'],
    ['push', 'received unexpected HTTP status: 500 Internal Server Error', 'push_failed'],
    ['push', 'open /var/tmp/x: permission denied', 'push_failed'],
  ] as const)('%s: %s', (kind, words, code) => {
    expect(transferError(words, kind)).toMatchObject({ code, context: { detail: words } })
  })

  it('is shown as text', () => {
    const { context } = transferError(`\u001b[31mdenied\u0007\r\nsecond \u202e${'x'.repeat(5000)}`, 'push')
    expect(context.detail).toMatch(/^denied\nsecond \ufffdx{1970,}$/)
  })
})
