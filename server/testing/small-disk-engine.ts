import { readFileSync } from 'node:fs'
import { engineRequest } from '#e2e/lab/engine-http.ts'
import { engineSpecs, startEngine } from '#e2e/lab/engines.ts'
import { makeHost } from '#e2e/lab/host.ts'
import { makeImageArchive } from '#e2e/lab/images.ts'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run, until } from '#e2e/lab/run.ts'
import type { EngineName } from '#e2e/lab/state.ts'
import { requireLab } from '#e2e/lab/state.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

/** A real engine, as that one of the lab is, with all that it keeps on a small disk of its own. */
export interface SmallDiskEngine {
  disk: SmallDisk
  /** As Docker's CLI would reach it, past everything of ours. */
  socketPath: string
  host: string
  port: number
  close(): Promise<void>
}

/** Beyond those of the lab. */
let index = 90

export async function startSmallDiskEngine(like: EngineName, megabytes: number): Promise<SmallDiskEngine> {
  const spec = engineSpecs.find(({ name }) => name === like)
  if (!spec) throw new Error(`No engine of the lab is called ${like}`)
  const disk = mountSmallDisk(megabytes)
  const machine = await makeHost(`full-${like}`, index++, disk.folder)
  const newer = spec.newer && (await ensureNewerEngine(spec.newer, () => {}))
  const { transport, localSocketPath: socketPath } = await startEngine(spec, machine, newer)
  if (transport?.kind !== 'tcp') throw new Error(`${like} is not on a TCP port`)
  const archive = readFileSync(await makeImageArchive(requireLab().folder))
  const loaded = await engineRequest(socketPath, 'POST', '/v1.41/images/load', archive)
  if (loaded.status !== 200) throw new Error(`No image could be loaded: ${loaded.text}`)
  return {
    disk,
    socketPath,
    host: transport.host,
    port: transport.port,
    async close() {
      const pids = async () =>
        (await run('ip', ['netns', 'pids', machine.netns])).stdout.split('\n').filter(Boolean).map(Number)
      const killed = async () => {
        const left = await pids()
        for (const pid of left) process.kill(pid, 'SIGKILL')
        return left.length === 0
      }
      // One that has ended with another by then is no process any more: asked again.
      await until('the engine to end', killed, 30_000)
      await run('ip', ['netns', 'delete', machine.netns])
      // What was mounted below it went with its processes, a moment later.
      await until(
        'the disk to be free',
        () => {
          disk.unmount()
          return true
        },
        30_000,
        200,
      )
    },
  }
}
