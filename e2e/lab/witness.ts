import { type RunResult, run } from './run.ts'
import { type EngineName, labEngine } from './state.ts'

/**
 * The real command-line client against an engine of the lab, as a second client behind the dashboard's back.
 * `witness('docker-unix', ['stop', 'web'])`. Throws unless it exits 0.
 */
export function witness(name: EngineName, args: string[]): Promise<RunResult> {
  const engine = labEngine(name)
  const url = `unix://${engine.localSocketPath}`
  // Debian's docker, not a newer one that may stand before it on the PATH: 20.10's API range fits every dockerd here.
  return engine.kind === 'docker'
    ? run('/usr/bin/docker', ['--host', url, ...args])
    : run('/usr/bin/podman', ['--remote', '--url', url, ...args])
}
