import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A server in a process of its own, to be killed or ended, whose host `engine` is online. */
export interface ServerThatEnds {
  readonly child: ChildProcess
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>
  readonly hostId: string
  /** Signed in. Throws the answer when it is no success. */
  call<T>(method: string, path: string, body?: object | Buffer): Promise<T>
}

const children = new Set<ChildProcess>()

/**
 * Starts one over that folder. Its host is there anew at the first start only.
 * @param descriptors files and sockets that it may have open
 */
export async function startServerThatEnds(
  folder: string,
  enginePort: number,
  descriptors?: number,
): Promise<ServerThatEnds> {
  const command = [process.execPath, 'server/testing/killed-server.ts', folder, String(enginePort)]
  const [program = '', ...given] = descriptors
    ? ['/bin/sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command]
    : command
  const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  const ended = once(child, 'exit').then(() => void children.delete(child))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { origin, cookie, hostId } = JSON.parse(line) as Record<'origin' | 'cookie' | 'hostId', string>
  return {
    child,
    ended,
    hostId,
    async call<T>(method: string, path: string, body?: object | Buffer): Promise<T> {
      const isBytes = Buffer.isBuffer(body)
      const type = isBytes ? 'application/octet-stream' : 'application/json'
      const answer = await fetch(origin + path, {
        method,
        headers: { cookie, origin, ...(body ? { 'content-type': type } : {}) },
        ...(body ? { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) } : {}),
      })
      const json = (await answer.json()) as T
      if (!answer.ok) throw new Error(JSON.stringify(json))
      return json
    },
  }
}

/** Of a test that failed in its middle. */
export function killServers(): void {
  for (const child of children) child.kill('SIGKILL')
}
