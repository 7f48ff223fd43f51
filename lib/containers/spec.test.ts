import { describe, expect, it } from 'vitest'
import type { ContainerSpec } from '../contracts/container-create.ts'
import { parseEnvFile } from '../docker-run/env-file.ts'
import { emptySpec, parseDuration, parseSize, printDuration, printSize } from './spec.ts'
import { checkSpec } from './spec-check.ts'

it.each([
  ['512m', 536_870_912, '512m'],
  ['1.5G', 1_610_612_736, '1536m'],
  ['64MiB', 67_108_864, '64m'],
  ['1000', 1000, '1000'],
  ['10kb', 10_240, '10k'],
])('sizes: %s', (text, bytes, printed) => {
  expect(parseSize(text)).toBe(bytes)
  expect(printSize(bytes)).toBe(printed)
})
it.each(['', 'm', '-1', '1x', '1 2'])('no size: %j', (text) => expect(parseSize(text)).toBeNull())

it.each([
  ['1m30s', 90, '1m30s'],
  ['500ms', 0.5, '500ms'],
  ['1h', 3600, '1h'],
])('durations: %s', (text, seconds, printed) => {
  expect(parseDuration(text)).toBe(seconds)
  expect(printDuration(seconds)).toBe(printed)
})
it.each(['', '5', '1x', 'm'])('no duration: %j', (text) => expect(parseDuration(text)).toBeNull())

describe('faults that are told as one types', () => {
  const faults = (more: Partial<ContainerSpec>) =>
    checkSpec({ ...emptySpec('nginx'), ...more }).map(({ path, code }) => `${path} ${code}`)
  const port = { hostIp: '', hostPort: '80', containerPort: 80, protocol: 'tcp' as const }
  const mount = { type: 'volume' as const, source: '', target: '/a', readOnly: false, options: [] }
  const network = { name: 'one', aliases: [], ip: '' }
  it.each<[Partial<ContainerSpec>, string[]]>([
    [{}, []],
    [{ image: 'UPPER' }, ['image image']],
    [{ image: 'sha256:'.padEnd(71, 'a') }, []],
    [{ name: '-x' }, ['name name']],
    [
      {
        env: [
          { name: '', value: '' },
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
      ['env.0.name envName', 'env.2.name twice'],
    ],
    [
      {
        ports: [
          { ...port, hostPort: '9-8' },
          { ...port, hostPort: '70000' },
        ],
      },
      ['ports.0.hostPort hostPort', 'ports.1.hostPort hostPort'],
    ],
    [{ ports: [port, port, { ...port, protocol: 'udp' }] }, ['ports.1.hostPort twice']],
    [
      { mounts: [{ ...mount, target: 'a' }, mount, mount] },
      ['mounts.0.target absolute', 'mounts.2.target twice'],
    ],
    [{ mounts: [{ ...mount, type: 'bind', source: './x' }] }, ['mounts.0.source source']],
    [
      { networks: [{ ...network, name: 'host' }, network], ports: [port] },
      ['networks.0.name networkAlone', 'ports portsWithoutNetwork'],
    ],
    [{ autoRemove: true, restart: { policy: 'always' } }, ['autoRemove restartAutoRemove']],
    [{ limits: { memory: 100, memorySwap: 50 } }, ['limits.memorySwap swap']],
    [{ extraHosts: ['x'] }, ['extraHosts.0 extraHost']],
  ])('%j', (more, expected) => expect(faults(more)).toEqual(expected))
})

describe('a .env file', () => {
  it('is read as compose reads it', () => {
    const text = [
      '\uFEFF# comment',
      'PLAIN=a b # not this',
      'export EXPORTED=1',
      `SINGLE='a "$B" \\n'`,
      'DOUBLE="line\\none \\"q\\"" # comment',
      'MULTI="one',
      'two"',
      'EMPTY=',
      'HASH=a#b',
      'PLAIN=again',
      'nonsense',
      "OPEN='never",
    ].join('\r\n')
    expect(parseEnvFile(text)).toEqual({
      entries: [
        { name: 'PLAIN', value: 'again' },
        { name: 'EXPORTED', value: '1' },
        { name: 'SINGLE', value: 'a "$B" \\n' },
        { name: 'DOUBLE', value: 'line\none "q"' },
        { name: 'MULTI', value: 'one\ntwo' },
        { name: 'EMPTY', value: '' },
        { name: 'HASH', value: 'a#b' },
      ],
      wrongLines: [11, 12],
    })
  })
})
