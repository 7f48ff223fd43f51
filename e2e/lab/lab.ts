import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillEngine } from './contents.ts'
import { type EngineSpec, engineSpecs, engineVersion, startEngine } from './engines.ts'
import { inside, type LabHost, makeHost, prefix } from './host.ts'
import { makeImageArchive } from './images.ts'
import { ensureNewerEngine, ensurePackages } from './packages.ts'
import { startRegistries, stopRegistries } from './registry.ts'
import { isAlive, run, until } from './run.ts'
import { makeUserKeys, startSshd } from './ssh.ts'
import {
  type EngineName,
  type LabEngine,
  type LabSshHop,
  type LabState,
  labFolder,
  readLabState,
} from './state.ts'

export interface LabOptions {
  /** Absent: all. */
  only?: readonly EngineName[]
  say?: (line: string) => void
}

/** The bastion's own second link, to an address of docker-ssh that only it can reach. */
const behindJump = { bastion: '10.78.0.1', target: '10.78.0.2' }

/**
 * Brings the lab up, or repairs one that is up: engines that run are kept. Needs Linux and root. Throws with the log's
 * place when an engine does not start.
 */
export async function labUp(options: LabOptions = {}): Promise<LabState> {
  const say = options.say ?? (() => {})
  const wanted = engineSpecs.filter((spec) => !options.only || options.only.includes(spec.name))
  const before = readLabState()
  if (before && healthy(before, wanted)) return before
  if (before) say('part of the lab is dead: making it anew')
  await ensurePackages(say)
  await labDown()
  const folder = labFolder()
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const newer = new Map<string, string>()
  for (const name of new Set(wanted.flatMap((spec) => spec.newer ?? []))) {
    newer.set(name, await ensureNewerEngine(name, say))
  }
  const [archive] = await Promise.all([makeImageArchive(folder), makeUserKeys(folder)])
  // Pings cross between the namespaces' networks only by the links made here; nothing is routed for them.
  const needsSsh = wanted.some((spec) => spec.name === 'docker-ssh')
  const bastion = needsSsh ? await makeHost('bastion', engineSpecs.length + 1, folder) : null
  const bastionSsh = bastion ? await startSshd(bastion, folder) : null

  const registries = await startRegistries(folder)

  const began = performance.now()
  const settled = await Promise.allSettled(
    wanted.map(async (spec): Promise<LabEngine> => {
      const index = engineSpecs.indexOf(spec) + 1
      const host = await makeHost(spec.name, index, folder)
      if (spec.name === 'docker-ssh' && bastion) await linkBehind(bastion, host)
      const sshd = spec.listen === 'ssh' ? await startSshd(host, folder) : null
      const engine = await startEngine(spec, host, spec.newer && newer.get(spec.newer))
      const containers = await fillEngine(spec.kind, engine.localSocketPath, archive)
      const jump = spec.name === 'docker-ssh' ? bastionSsh?.hop : undefined
      say(`${spec.name} is up after ${((performance.now() - began) / 1000).toFixed(1)} s`)
      return {
        name: spec.name,
        kind: spec.kind,
        ...(await engineVersion(engine.localSocketPath)),
        transport: engine.transport ?? sshTransport(sshd?.hop, engine.remoteSocketPath, jump),
        netns: host.netns,
        address: host.address,
        holderPid: host.pid,
        daemonPid: engine.pid,
        sshdPid: sshd?.pid ?? null,
        localSocketPath: engine.localSocketPath,
        containers,
      }
    }),
  )
  const failed = settled.flatMap((result, index) =>
    result.status === 'rejected' ? [`${wanted[index]?.name}: ${describe(result.reason)}`] : [],
  )
  if (failed.length > 0) {
    throw new Error(`The lab did not come up (logs are in ${folder}):\n${failed.join('\n')}`)
  }
  const state: LabState = {
    folder,
    startedAt: new Date().toISOString(),
    engines: settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    registries,
    bastion:
      bastion && bastionSsh
        ? { netns: bastion.netns, holderPid: bastion.pid, sshdPid: bastionSsh.pid }
        : null,
  }
  saveLabState(state)
  return state
}

/** Removes everything: processes (with their pid namespaces), mounts, links, namespaces, cgroups, the folder. */
export async function labDown(): Promise<void> {
  const namespaces = (await run('ip', ['netns', 'list'], { check: false })).stdout
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(`${prefix}-`))
  for (const netns of namespaces) {
    // Everything that ever ran in the namespace, also the holder of a lab whose state file is lost.
    const pids = (await run('ip', ['netns', 'pids', netns], { check: false })).stdout
      .split('\n')
      .filter(Boolean)
    for (const pid of pids) kill(Number(pid))
    await until(
      `${netns} to empty`,
      async () => {
        return (await run('ip', ['netns', 'pids', netns], { check: false })).stdout.trim() === ''
      },
      10_000,
    )
    await run('ip', ['netns', 'delete', netns], { check: false })
  }
  const links = (await run('ip', ['-o', 'link'], { check: false })).stdout.matchAll(/^\d+: (rslab\w+)/gm)
  for (const link of links) await run('ip', ['link', 'delete', link[1] as string], { check: false })
  stopRegistries(labFolder())
  if (namespaces.length > 0) await removeEmptyCgroups()
  rmSync(labFolder(), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}

export function saveLabState(state: LabState): void {
  writeFileSync(join(state.folder, 'lab.json'), `${JSON.stringify(state, null, 2)}\n`)
}

function healthy(state: LabState, wanted: readonly EngineSpec[]): boolean {
  const alive = new Set(
    state.engines
      .filter((engine) => isAlive(engine.holderPid) && isAlive(engine.daemonPid))
      .map((engine) => engine.name),
  )
  return wanted.every((spec) => alive.has(spec.name)) && alive.size === state.engines.length
}

function sshTransport(
  hop: LabSshHop | undefined,
  remoteSocketPath: string,
  jump?: LabSshHop,
): LabEngine['transport'] {
  if (!hop) throw new Error('An ssh engine without sshd')
  return {
    kind: 'ssh',
    ...hop,
    remoteSocketPath,
    ...(jump ? { jump, addressBehindJump: behindJump.target } : {}),
  }
}

async function linkBehind(bastion: LabHost, target: LabHost): Promise<void> {
  const [near, far] = [`${prefix}ja`, `${prefix}jb`]
  await run('ip', [
    '-n',
    bastion.netns,
    'link',
    'add',
    near,
    'type',
    'veth',
    'peer',
    'name',
    far,
    'netns',
    target.netns,
  ])
  for (const [netns, link, address] of [
    [bastion.netns, near, behindJump.bastion],
    [target.netns, far, behindJump.target],
  ] as const) {
    await run('ip', ['-n', netns, 'address', 'add', `${address}/30`, 'dev', link])
    await run('ip', ['-n', netns, 'link', 'set', link, 'up'])
  }
}

/** The engines' cgroups stay behind, empty, under both hierarchies' roots. */
async function removeEmptyCgroups(): Promise<void> {
  const roots = [
    '/sys/fs/cgroup',
    ...readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name)),
  ]
  for (const root of roots) {
    for (const name of ['docker', 'libpod_parent']) {
      await run('find', [join(root, name), '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], {
        check: false,
      })
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already: it died with the pid 1 of its namespace.
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error instanceof Error ? error.message : String(error)}${cause}`
}

/** Runs a command inside an engine's host; for faults and looks. */
export function insideEngine(engine: LabEngine, command: string[]) {
  const [program, ...args] = inside({ pid: engine.holderPid }, command)
  return run(program as string, args)
}
