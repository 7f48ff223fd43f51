import type { Duplex } from 'node:stream'
import { type EngineContext, given, timeouts } from './context.ts'
import { hijack } from './hijack.ts'
import { segments, sendForJson } from './request.ts'
import type { CallOptions } from './types.ts'

export interface ExecRequest {
  command: readonly string[]
  tty: boolean
  user?: string
  workingDirectory?: string
  /** NAME=value. */
  environment?: readonly string[]
}

export interface ExecState {
  running: boolean
  /** Null while it runs. */
  exitCode: number | null
}

export interface ExecCalls {
  /** Makes an exec without starting it; returns its id. Throws container_not_running and the like. */
  createExec(id: string, exec: ExecRequest, options?: CallOptions): Promise<string>
  /** Starts it: the raw stream of a TTY both ways. A command that cannot be run says so in the stream. */
  startExec(execId: string, options: { tty: boolean; signal: AbortSignal }): Promise<Duplex>
  execState(execId: string, options?: CallOptions): Promise<ExecState>
  resizeExec(execId: string, size: { columns: number; rows: number }, options?: CallOptions): Promise<void>
  /** The container's own terminal: what its first process reads and writes. */
  attachContainer(id: string, options: { signal: AbortSignal }): Promise<Duplex>
  resizeContainer(id: string, size: { columns: number; rows: number }, options?: CallOptions): Promise<void>
}

/** NUL ten times over: nobody types it, so that no typed key detaches (the default is ctrl-p ctrl-q). */
const detachKeys = Array.from({ length: 10 }, () => 'ctrl-@').join(',')

export function createExecCalls({ transport, docker, json }: EngineContext): ExecCalls {
  const resize = async (
    path: string,
    { columns, rows }: { columns: number; rows: number },
    options?: CallOptions,
  ) => {
    await sendForJson(transport, {
      ...{ method: 'POST', path: docker(path), query: { h: rows, w: columns }, timeoutMs: timeouts.ping },
      ...given(options),
    })
  }
  return {
    async createExec(id, { command, tty, user, workingDirectory, environment }, options) {
      const answer = await json<{ Id: string }>(
        docker(`/containers/${segments(id)}/exec`),
        {
          method: 'POST',
          subject: 'container',
          body: {
            ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: tty },
            ...{ Cmd: command, Env: environment, User: user, WorkingDir: workingDirectory },
            DetachKeys: detachKeys,
          },
        },
        options,
      )
      return answer.Id
    },
    startExec: (execId, { tty, signal }) =>
      hijack(transport, {
        path: docker(`/exec/${segments(execId)}/start`),
        body: { Detach: false, Tty: tty },
        ...{ subject: 'container', signal, timeoutMs: timeouts.read },
      }),
    async execState(execId, options) {
      const { Running, ExitCode } = await json<{ Running: boolean; ExitCode: number | null }>(
        docker(`/exec/${segments(execId)}/json`),
        { subject: 'container' },
        options,
      )
      // Podman gives 0 while it runs.
      return { running: Running, exitCode: Running ? null : ExitCode }
    },
    resizeExec: (execId, size, options) => resize(`/exec/${segments(execId)}/resize`, size, options),
    attachContainer: (id, { signal }) =>
      hijack(transport, {
        path: docker(`/containers/${segments(id)}/attach`),
        query: { stream: true, stdin: true, stdout: true, stderr: true, detachKeys },
        ...{ subject: 'container', signal, timeoutMs: timeouts.read },
      }),
    resizeContainer: (id, size, options) => resize(`/containers/${segments(id)}/resize`, size, options),
  }
}
