import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { createEngineClient } from '../../engine/client.ts'
import { comparable, optionsOf, wordsOf } from '../../testing/created-alike.ts'
import { dockerOptions } from '../../testing/docker-create-options.ts'
import { itAt } from '../../testing/it-at.ts'
import { connectPatiently, labSpec } from '../../testing/lab-transport.ts'
import { podmanOptions } from '../../testing/podman-create-options.ts'
import { recreateUnchanged } from '../../testing/recreate-unchanged.ts'
import { pairOf, wholeTables } from '../../testing/whole-tables.ts'
import { openTransport } from '../../transport/index.ts'

const id = randomUUID().slice(0, 6)
const prefix = `again-${id}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-again-'))
const { busybox } = labImages
/** The first has nine of ten options. */
const groups = wholeTables ? ['main', 'host', 'bare', 'fixed', 'shared', 'mapped'] : ['main']
/** Subnets and ports that no other run has at the moment. */
const octet = 100 + (Number.parseInt(id, 16) % 100)
const names = {
  NET: `${prefix}-net`,
  VOL: `${prefix}-vol`,
  OTHER: `${prefix}-other`,
  V4: `10.196.${octet}`,
  V6: `fd00:196:${octet}:`,
  SECRET: `${prefix}-secret`,
  IMAGE: busybox,
  COLON: `${prefix}:colon`,
  PORT1: String(18_300 + octet),
  PORT2: String(18_500 + octet),
}

beforeAll(() => void mkdirSync(join('/tmp', names.COLON), { recursive: true }))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(join('/tmp', names.COLON), { recursive: true, force: true })
})

const engines = ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp'] as const

/** The command of the engine's own version. */
async function commandOf(name: EngineName): Promise<string> {
  if (name === 'docker28-tcp')
    return join(await ensureNewerEngine('dockerClient', () => {}), 'usr/bin/docker')
  if (name === 'podman5-tcp') return join(await ensureNewerEngine('podman5', () => {}), 'usr/bin/podman')
  return name === 'docker-unix' ? '/usr/bin/docker' : '/usr/bin/podman'
}

async function prepare(name: (typeof engines)[number]) {
  const { localSocketPath: socketPath, kind } = labEngine(name)
  const isDocker = kind === 'docker'
  const head = isDocker ? ['--host', `unix://${socketPath}`] : ['--remote', '--url', `unix://${socketPath}`]
  const command = await commandOf(name)
  const cli = (args: string[], options: { check?: boolean } = {}) => run(command, [...head, ...args], options)
  const path = isDocker ? '/v1.41' : '/v4.0.0/libpod'
  const transport = openTransport(labSpec(labEngine(name)))
  const engine = createEngineClient(transport)
  await connectPatiently(engine)
  const { V4, V6 } = names
  await cli(['network', 'create', '--ipv6', '--subnet', `${V4}.0/25`, '--subnet', `${V6}:/64`, names.NET])
  await cli(['network', 'create', '--subnet', `${V4}.128/25`, `${names.NET}-2`])
  const shared = name === 'podman-tcp' ? [] : ['--ipc=shareable']
  await cli(['run', '-d', '--name', names.OTHER, ...shared, '-v=/shared', busybox, 'sleep', '600'])
  if (!isDocker) await cli(['secret', 'create', names.SECRET, join(folder, 'secret')])
  return {
    isDocker,
    transport,
    engine,
    cli,
    table: isDocker ? dockerOptions : podmanOptions,
    known: optionsOf((await run(command, [...head, 'create', '--help'])).stdout),
    read: (container: string) =>
      engineCall<object>(socketPath, 'GET', `${path}/containers/${container}/json`),
    remove: (...all: string[]) =>
      cli(isDocker ? ['rm', '-fv', ...all] : ['rm', '-fv', '-t0', '--ignore', ...all], { check: false }),
  }
}

async function takeAway({ isDocker, cli, remove, transport }: Prepared): Promise<void> {
  await remove(...[...groups, 'inside', 'last', 'sharing', 'target'].map((group) => `${prefix}-${group}`))
  await remove(names.OTHER)
  await cli(['volume', 'rm', names.VOL], { check: false })
  await cli(['network', 'rm', names.NET, `${names.NET}-2`], { check: false })
  if (!isDocker) await cli(['secret', 'rm', names.SECRET], { check: false })
  await transport.close()
}

type Prepared = Awaited<ReturnType<typeof prepare>>
const prepared = new Map<EngineName, Prepared>()
const of = (name: EngineName) => prepared.get(name) as Prepared
const cidOf = (name: EngineName) => join(folder, `cid-${name}`)
/** What is seen from inside, and what goes along, differs by the kind of engine and less by its version. */
const seenInside = engines.filter((name) => wholeTables || name === 'docker28-tcp' || name === 'podman5-tcp')

describe('every option of create', () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'secret'), 'a secret')
    await Promise.all(engines.map(async (name) => prepared.set(name, await prepare(name))))
  })
  afterAll(async () => {
    await Promise.all([...prepared.values()].map(takeAway))
  })

  it.each(engines)('is judged: %s', (name) => {
    const { known, table } = of(name)
    expect(known.length).toBeGreaterThan(80)
    expect(known.filter((option) => !(option in table))).toEqual([])
  })

  for (const group of groups)
    itAt(pairOf(engines, 'older Docker'))(
      `is the same in a container that was made anew unchanged: ${group}`,
      async (name) => {
        const { isDocker, table, known, cli, read, remove, engine } = of(name)
        if (isDocker && group === 'mapped') return
        const called = `${prefix}-${group}`
        await remove(called)
        rmSync(cidOf(name), { force: true })
        const words = wordsOf(table, known, group, { ...names, CIDFILE: cidOf(name) })
        const args = group === 'main' ? ['-c', 'sleep 600'] : ['sleep', '600']
        const answer = await cli(['create', '--name', called, ...words, busybox, ...args])
        const made = answer.stdout.trim().split('\n').at(-1) as string
        if (isDocker && group === 'main')
          await cli(['network', 'connect', `--ip=${names.V4}.140`, '--alias=second', `${names.NET}-2`, made])
        const before = comparable(await read(made))
        const again = await recreateUnchanged(engine, made)
        expect(again).not.toBe(made)
        expect(comparable(await read(again))).toEqual(before)
        // What only the command told is still known of the one that was made by us.
        if (!isDocker) expect(comparable(await read(await recreateUnchanged(engine, again)))).toEqual(before)
      },
    )

  itAt(seenInside)('is the same from inside', async (name) => {
    const { isDocker, cli, remove, engine } = of(name)
    const called = `${prefix}-inside`
    await remove(called)
    const rights = ['--cap-add=NET_ADMIN', '--cap-drop=CHOWN', '--user=3:4', '--group-add=33']
    const limits = [
      '--ulimit=nofile=1000:1000',
      '--ulimit=nproc=900:900',
      '-m=64m',
      '--pids-limit=77',
      '--stop-timeout=1',
    ]
    const mounts = ['-v=/kept', '--tmpfs=/scratch:size=1m', `-v=${names.VOL}:/data:ro`]
    const mapped = isDocker
      ? ['--security-opt=systempaths=unconfined']
      : ['--uidmap=0:100000:5000', '--gidmap=0:200000:5000', `--secret=${names.SECRET},type=env,target=SEC`]
    const words = [...rights, ...limits, ...mounts, ...mapped, '--hostname=inside']
    await cli(['run', '-d', '--name', called, ...words, busybox, 'sleep', '600'])
    const look = [
      'id; hostname; cat /proc/1/limits /proc/self/uid_map /proc/self/gid_map; ls /dev; echo $SEC',
      'grep Cap /proc/self/status; grep -c . /proc/mounts; ls -ld /kept',
    ].join('; ')
    const inside = async () => (await cli(['exec', called, 'sh', '-c', look])).stdout
    const before = await inside()
    const made = (await cli(['inspect', '-f', '{{.Id}}', called])).stdout.trim()
    await recreateUnchanged(engine, made)
    expect(await inside()).toBe(before)
  })

  itAt(seenInside)('takes those along that share a namespace with it', async (name) => {
    const { cli, remove, engine } = of(name)
    const [target, sharing, last] = ['target', 'sharing', 'last'].map((one) => `${prefix}-${one}`) as [
      string,
      string,
      string,
    ]
    await remove(last, sharing, target)
    const start = async (called: string, ...words: string[]) => {
      const loop = 'trap "exit 0" TERM; sleep 600 & wait'
      const all = ['run', '-d', '--name', called, ...words, busybox, 'sh', '-c', loop]
      return (await cli(all)).stdout.trim().split('\n').at(-1) as string
    }
    const made = await start(target, '-v=/shared')
    const dependent = await start(sharing, `--network=container:${target}`)
    await start(last, `--volumes-from=${target}`)
    await recreateUnchanged(engine, made)
    for (const called of [target, sharing, last])
      expect((await cli(['inspect', '-f', '{{.State.Running}}', called])).stdout.trim()).toBe('true')
    expect((await cli(['inspect', '-f', '{{.Id}}', sharing])).stdout.trim()).not.toBe(dependent)
    const devices = async (called: string) => (await cli(['exec', called, 'cat', '/proc/net/dev'])).stdout
    const faces = (text: string) => [...text.matchAll(/^ *(\w+):/gm)].map(([, face]) => face)
    expect(faces(await devices(sharing))).toEqual(faces(await devices(target)))
    expect(faces(await devices(sharing))).toContain('eth0')
    expect((await cli(['ps', '-a', '--format', '{{.Names}}'])).stdout).not.toContain(`${target}-old`)
  })
})
