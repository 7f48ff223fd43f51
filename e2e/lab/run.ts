import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RunResult {
  code: number
  stdout: string
  stderr: string
}

/** Runs a command to its end. Throws with its stderr unless it exits 0 or `check` is false. */
export async function run(
  command: string,
  args: string[],
  options: SpawnOptions & { check?: boolean; input?: string } = {},
): Promise<RunResult> {
  const { check = true, input, ...spawnOptions } = options
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...spawnOptions })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin?.on('error', () => {})
  child.stdin?.end(input ?? '')
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => resolve(exit ?? 1))
  })
  if (check && code !== 0) {
    throw new Error(`${command} ${args.join(' ')} exited with ${code}: ${(stderr || stdout).trim()}`)
  }
  return { code, stdout, stderr }
}

/** Starts a daemon of its own session, output to a file, which outlives us. */
export function startDaemon(
  command: string,
  args: string[],
  logPath: string,
  env?: Record<string, string>,
): ChildProcess {
  const log = openSync(logPath, 'a')
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    // The temp folder of a test run goes with the run: a Podman that a test started again kept layers open by paths in it.
    env: { ...process.env, TMPDIR: undefined, ...env },
  })
  // The daemon has its own: ours would keep the disk busy that the log is on.
  closeSync(log)
  child.on('error', () => {})
  child.unref()
  return child
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Asks again every `everyMs` until the answer is truthy; throws after `withinMs` with what was waited for. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs: number,
  everyMs = 100,
): Promise<T> {
  const end = performance.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
    } catch (error) {
      last = error
    }
    if (performance.now() > end) throw new Error(`Waited ${withinMs} ms for ${what}`, { cause: last })
    await sleep(everyMs)
  }
}
