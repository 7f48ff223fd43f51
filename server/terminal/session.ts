import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { z } from 'zod'
import { type terminalClientFrameSchema, terminalCreditBytes } from '#lib/contracts/terminal.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { createDemultiplexer } from './demultiplex.ts'

type Start = Extract<z.output<typeof terminalClientFrameSchema>, { type: 'start' }>
interface Size {
  columns: number
  rows: number
}

export interface TerminalOutput {
  data(bytes: Buffer): void
  /** Input may be given again (true), or must wait (false). */
  ready(ready: boolean): void
}

export interface TerminalSession {
  /** The exit code, once the terminal is over; null where the engine does not tell. */
  readonly over: Promise<number | null>
  write(bytes: Buffer): void
  resize(size: Size): void
  taken(bytes: number): void
  /** Ends the session's processes. */
  end(): Promise<void>
}

/** Marks every process of a session, so that its end finds them: an engine leaves them running when we hang up. */
const marker = 'ROADSTEAD_SESSION'
/** The container's own choice of shell; `exec` leaves one process instead of two. */
const findShell = ['/bin/sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh']

/**
 * Opens a terminal in a container. Throws AppError: container_not_running, terminal_no_input for an attach to a container
 * that takes none.
 */
export async function openTerminal(
  engine: EngineClient,
  containerId: string,
  start: Start,
  output: TerminalOutput,
  log: Log,
): Promise<TerminalSession> {
  const abort = new AbortController()
  return start.mode === 'attach'
    ? attach(engine, containerId, start, output, abort)
    : exec(engine, containerId, start, output, abort, log)
}

async function exec(
  engine: EngineClient,
  containerId: string,
  start: Start,
  output: TerminalOutput,
  abort: AbortController,
  log: Log,
): Promise<TerminalSession> {
  const session = randomUUID()
  const { shell, user, workingDirectory } = start
  const execId = await engine.createExec(containerId, {
    command: shell ? shell.split(/\s+/) : findShell,
    tty: true,
    ...(user ? { user } : {}),
    ...(workingDirectory ? { workingDirectory } : {}),
    environment: ['TERM=xterm-256color', `${marker}=${session}`],
  })
  const socket = await engine.startExec(execId, { tty: true, signal: abort.signal })
  const pump = pumpOutput(socket, (bytes) => output.data(bytes), output)
  // Docker knows the terminal a moment after it has answered.
  void resizeSoon(() => engine.resizeExec(execId, start), abort.signal)
  const over = pump.ended.then(() => exitCode(engine, execId))
  return {
    ...{ over, write: pump.write, taken: pump.taken },
    resize(size) {
      engine.resizeExec(execId, size).catch(() => {})
    },
    async end() {
      socket.destroy()
      try {
        const { running } = await engine.execState(execId)
        if (running) await killSession(engine, containerId, session)
      } catch (error) {
        log.warn({ err: error, containerId }, 'processes of an ended terminal may still run')
      } finally {
        abort.abort()
      }
    },
  }
}

async function attach(
  engine: EngineClient,
  containerId: string,
  start: Start,
  output: TerminalOutput,
  abort: AbortController,
): Promise<TerminalSession> {
  const document = await engine.inspectContainer(containerId)
  const { Tty, OpenStdin } = (document.Config ?? {}) as { Tty?: boolean; OpenStdin?: boolean }
  const { Running } = (document.State ?? {}) as { Running?: boolean }
  // Docker hangs on an attach to a stopped container, and Podman makes it new.
  if (!Running) throw new AppError('container_not_running', { objectId: containerId })
  if (!Tty && !OpenStdin) throw new AppError('terminal_no_input', { objectId: containerId })
  const socket = await engine.attachContainer(containerId, { signal: abort.signal })
  const demultiplex = Tty ? null : createDemultiplexer()
  const pump = pumpOutput(
    socket,
    (bytes) => {
      if (!demultiplex) output.data(bytes)
      else for (const piece of demultiplex(bytes)) output.data(piece)
    },
    output,
  )
  const resize = (size: Size) => engine.resizeContainer(containerId, size)
  if (Tty) void resizeSoon(() => resize(start), abort.signal)
  return {
    ...{ over: pump.ended.then(() => null), write: pump.write, taken: pump.taken },
    resize(size) {
      if (Tty) resize(size).catch(() => {})
    },
    async end() {
      // The container's own process goes on: one only looked in.
      socket.destroy()
      abort.abort()
    },
  }
}

/** Both directions with their backpressure: the program waits for the browser, and the browser for the program. */
function pumpOutput(socket: Duplex, data: (bytes: Buffer) => void, output: TerminalOutput) {
  let credit = terminalCreditBytes
  socket.on('data', (bytes: Buffer) => {
    credit -= bytes.length
    if (credit <= 0) socket.pause()
    data(bytes)
  })
  socket.on('drain', () => output.ready(true))
  const ended = new Promise<void>((resolve) => {
    socket.once('end', () => {
      socket.destroy()
      resolve()
    })
    socket.once('close', () => resolve())
  })
  return {
    ended,
    write(bytes: Buffer) {
      if (!socket.destroyed && !socket.write(bytes)) output.ready(false)
    },
    taken(bytes: number) {
      credit = Math.min(terminalCreditBytes, credit + bytes)
      if (credit > 0) socket.resume()
    },
  }
}

async function resizeSoon(resize: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 8 && !signal.aborted; attempt++) {
    try {
      await resize()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt))
    }
  }
}

/** Podman 4.3 calls an exec running for a while after its end. */
async function exitCode(engine: EngineClient, execId: string): Promise<number | null> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      const state = await engine.execState(execId)
      if (!state.running) return state.exitCode
    } catch {
      return null
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return null
}

/** Hangs up on every process that carries the session's mark, and kills what stays. With what any shell has: no ps, no pkill. */
async function killSession(engine: EngineClient, containerId: string, session: string): Promise<void> {
  const script = [
    `each() { for p in /proc/[0-9]*; do grep -qz '^${marker}=${session}$' "$p/environ" 2>/dev/null && kill -$1 "\${p#/proc/}" 2>/dev/null; done; }`,
    'each HUP; sleep 1; each KILL; :',
  ].join('; ')
  const execId = await engine.createExec(containerId, { command: ['/bin/sh', '-c', script], tty: false })
  const socket = await engine.startExec(execId, { tty: false, signal: AbortSignal.timeout(10_000) })
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve).once('end', resolve))
  socket.destroy()
}
