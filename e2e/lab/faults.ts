import { join } from 'node:path'
import { fillEngine } from './contents.ts'
import { engineSpecs, startEngine } from './engines.ts'
import { insideEngine, saveLabState } from './lab.ts'
import { ensureNewerEngine } from './packages.ts'
import { isAlive, until } from './run.ts'
import { type EngineName, labEngine, requireLab } from './state.ts'

/** Stops the daemon in its tracks: it accepts (the kernel does) and never answers. */
export function freeze(name: EngineName): void {
  process.kill(labEngine(name).daemonPid, 'SIGSTOP')
}

export function thaw(name: EngineName): void {
  process.kill(labEngine(name).daemonPid, 'SIGCONT')
}

/** kill -9 of the daemon; its containers and its host stay (of dockerd also its containerd, which it finds again). */
export async function killEngine(name: EngineName): Promise<void> {
  const { daemonPid } = labEngine(name)
  process.kill(daemonPid, 'SIGKILL')
  await until(`${name} to die`, () => !isAlive(daemonPid), 5000, 20)
}

/** Starts the daemon of a host again, and notes its new pid in the state file. */
export async function restartEngine(name: EngineName): Promise<void> {
  const state = requireLab()
  const engine = labEngine(name)
  const spec = engineSpecs.find((candidate) => candidate.name === name)
  if (!spec) throw new Error(`No engine ${name}`)
  const host = {
    name,
    netns: engine.netns,
    address: engine.address,
    folder: join(state.folder, name),
    pid: engine.holderPid,
  }
  const newer = spec.newer && (await ensureNewerEngine(spec.newer, () => {}))
  await insideEngine(engine, ['rm', '-f', '/run/docker.pid'])
  const started = await startEngine(spec, host, newer)
  saveLabState({
    ...state,
    engines: state.engines.map((other) =>
      other.name === name ? { ...other, daemonPid: started.pid } : other,
    ),
  })
}

/** Starts again what of the lab's contents a fault stopped (dockerd without live-restore stops all when it comes back). */
export async function refill(name: EngineName): Promise<void> {
  const engine = labEngine(name)
  await fillEngine(engine.kind, engine.localSocketPath, join(requireLab().folder, 'images.tar'))
}

const drop = ['-p', 'tcp', '-j', 'DROP']

/** From now on every TCP packet from and to the host vanishes: no refusal, no reset. */
export async function blackhole(name: EngineName): Promise<void> {
  const engine = labEngine(name)
  const link = await hostLink(name)
  await insideEngine(engine, ['iptables', '-I', 'INPUT', '-i', link, ...drop])
  await insideEngine(engine, ['iptables', '-I', 'OUTPUT', '-o', link, ...drop])
}

export async function heal(name: EngineName): Promise<void> {
  const engine = labEngine(name)
  const link = await hostLink(name)
  await insideEngine(engine, ['iptables', '-D', 'INPUT', '-i', link, ...drop])
  await insideEngine(engine, ['iptables', '-D', 'OUTPUT', '-o', link, ...drop])
}

async function hostLink(name: EngineName): Promise<string> {
  const links = await insideEngine(labEngine(name), ['ip', '-o', 'link'])
  const link = /: (rslab\d+b)@/.exec(links.stdout)?.[1]
  if (!link) throw new Error(`${name} has no link to this machine`)
  return link
}
