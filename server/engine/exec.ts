import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import { fullId } from './compat.ts'
import { type EngineContext, given, timeouts } from './context.ts'
import { findOr404 } from './find.ts'
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

/** A container's own terminal. */
export interface AttachCalls {
  /** What its first process reads and writes. */
  attach(id: string, options: { signal: AbortSignal }): Promise<Duplex>
  resize(id: string, size: { columns: number; rows: number }, options?: CallOptions): Promise<void>
}

export interface ExecCalls {
  /** Makes an exec without starting it; returns its id. Throws container_not_running and the like. */
  create(id: string, exec: ExecRequest, options?: CallOptions): Promise<string>
  /** Starts it: the raw stream of a TTY both ways. A command that cannot be run says so in the stream. */
  start(execId: string, options: { tty: boolean; signal: AbortSignal }): Promise<Duplex>
  state(execId: string, options?: CallOptions): Promise<ExecState>
  resize(execId: string, size: { columns: number; rows: number }, options?: CallOptions): Promise<void>
  /** Whose an exec is, and whether it has all capabilities; null where it is not there. */
  find(id: string, options?: CallOptions): Promise<{ containerId: string; privileged: boolean } | null>
}

/** NUL ten times over: nobody types it, so that no typed key detaches (the default is ctrl-p ctrl-q). */
const detachKeys = Array.from({ length: 10 }, () => 'ctrl-@').join(',')

export function createAttachCalls(context: EngineContext): AttachCalls {
  const { transport, docker } = context
  return {
    attach: (id, { signal }) =>
      hijack(transport, {
        path: docker(`/containers/${segments(id)}/attach`),
        query: { stream: true, stdin: true, stdout: true, stderr: true, detachKeys },
        subject: 'container',
        signal,
        timeoutMs: timeouts.read,
      }),
    resize: (id, size, options) => resize(context, `/containers/${segments(id)}/resize`, size, options),
  }
}

export function createExecCalls(context: EngineContext): ExecCalls {
  const { transport, docker, json } = context
  return {
    async create(id, { command, tty, user, workingDirectory, environment }, options) {
      const answer = await json<{ Id?: unknown } | undefined>(
        docker(`/containers/${segments(id)}/exec`),
        {
          method: 'POST',
          subject: 'container',
          body: {
            AttachStdin: true,
            AttachStdout: true,
            AttachStderr: true,
            Tty: tty,
            Cmd: command,
            Env: environment,
            User: user,
            WorkingDir: workingDirectory,
            DetachKeys: detachKeys,
          },
        },
        options,
      )
      if (typeof answer?.Id !== 'string' || answer.Id === '')
        throw new AppError('engine_answer_invalid', { detail: 'An exec without an Id' })
      return answer.Id
    },
    start: (execId, { tty, signal }) =>
      hijack(transport, {
        path: docker(`/exec/${segments(execId)}/start`),
        body: { Detach: false, Tty: tty },
        subject: 'container',
        signal,
        timeoutMs: timeouts.read,
      }),
    async state(execId, options) {
      const { Running, ExitCode } = await json<{ Running: boolean; ExitCode: number | null }>(
        docker(`/exec/${segments(execId)}/json`),
        { subject: 'container' },
        options,
      )
      // Podman gives 0 while it runs.
      return { running: Running, exitCode: Running ? null : ExitCode }
    },
    resize: (execId, size, options) => resize(context, `/exec/${segments(execId)}/resize`, size, options),
    find: (id, options) =>
      findOr404<
        { ContainerID: string; ProcessConfig?: { privileged?: boolean } | null },
        { containerId: string; privileged: boolean }
      >(context, `/exec/${segments(id)}/json`, options, (raw) => ({
        containerId: fullId(raw.ContainerID),
        privileged: raw.ProcessConfig?.privileged === true,
      })),
  }
}

async function resize(
  { transport, docker }: EngineContext,
  path: string,
  { columns, rows }: { columns: number; rows: number },
  options?: CallOptions,
): Promise<void> {
  await sendForJson(transport, {
    method: 'POST',
    path: docker(path),
    query: { h: rows, w: columns },
    timeoutMs: timeouts.ping,
    ...given(options),
  })
}
