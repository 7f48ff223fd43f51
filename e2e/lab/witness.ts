import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type RunResult, run } from './run.ts'
import { type EngineName, labEngine } from './state.ts'

/**
 * The real command-line client against an engine of the lab, as a second client behind the dashboard's back.
 * `witness('docker-unix', ['stop', 'web'])`. Throws unless it exits 0.
 */
export function witness(name: EngineName, args: string[]): Promise<RunResult> {
  const [command, connection] = clientOf(name)
  return run(command, [...connection, ...args])
}

/**
 * What the command-line client says of a container's use just now: CPU in percent of one core, and memory as it writes
 * it ("1.2MiB / 64MiB"). Podman's first reading is the mean of all since the container started (`--no-stream` gives
 * nothing else); its second is of the seconds between.
 */
export async function witnessedUse(
  name: EngineName,
  container: string,
): Promise<{ cpu: number; memory: string }> {
  const format = ['--format', '{{.CPUPerc}};{{.MemUsage}}', container]
  const line =
    labEngine(name).kind === 'docker'
      ? (await witness(name, ['stats', '--no-stream', ...format])).stdout.trim()
      : await secondReading(name, ['stats', '--no-reset', '--interval', '2', ...format])
  const [cpu = '', memory = ''] = line.split(';')
  return { cpu: Number.parseFloat(cpu), memory }
}

async function secondReading(name: EngineName, args: string[]): Promise<string> {
  const [command, connection] = clientOf(name)
  const child = spawn(command, [...connection, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let readings = 0
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes('%') && ++readings === 2) return line.trim()
    throw new Error(`${command} ${args.join(' ')} ended after ${readings} readings`)
  } finally {
    child.kill()
  }
}

function clientOf(name: EngineName): [command: string, connection: string[]] {
  const engine = labEngine(name)
  const url = `unix://${engine.localSocketPath}`
  // Debian's docker, not a newer one that may stand before it on the PATH: 20.10's API range fits every dockerd here.
  return engine.kind === 'docker'
    ? ['/usr/bin/docker', ['--host', url]]
    : ['/usr/bin/podman', ['--remote', '--url', url]]
}
