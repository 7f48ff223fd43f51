import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { z } from 'zod'
import { type terminalClientFrameSchema, terminalCreditBytes } from '#lib/contracts/terminal.ts'
import { splitShellWords } from '#lib/shell-words.ts'
import { createDemultiplexer } from '../../engine/demultiplex.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { Leftover } from './ending.ts'
import { exitCodeOf } from './exit-code.ts'

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

/** Told of what runs at the engine for a terminal. */
export interface Processes {
  /** Before they are. */
  begun(terminal: Marked): Promise<void>
  /** Ends those of one that its browser has left. */
  end(terminal: Marked): Promise<void>
  /** They have ended by themselves. */
  ended(terminal: Marked): Promise<void>
}
type Marked = Pick<Leftover, 'mark' | 'user'>

/** Name of the variable that marks every process of a session, so that its end finds them. */
const marker = 'ROADSTEAD_SESSION'
/** The container's own choice of shell; `exec` leaves one process instead of two. */
const findShell = ['/bin/sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh']

/**
 * Opens a terminal in a container. Throws AppError: container_not_running, shell_quote_open, terminal_no_input for an attach
 * to a container that takes none.
 * @param processes told of what runs for it at the engine.
 */
export async function openTerminal(
  engine: EngineClient,
  containerId: string,
  start: Start,
  output: TerminalOutput,
  processes: Processes,
): Promise<TerminalSession> {
  const abort = new AbortController()
  return start.mode === 'attach'
    ? attach(engine, containerId, start, output, abort)
    : exec(engine, containerId, start, output, abort, processes)
}

async function exec(
  engine: EngineClient,
  containerId: string,
  start: Start,
  output: TerminalOutput,
  abort: AbortController,
  processes: Processes,
): Promise<TerminalSession> {
  const mark = `${marker}=${randomUUID()}`
  const { shell, user, workingDirectory } = start
  const leftover = { mark, ...(user ? { user } : {}) }
  const command = shell ? shellWords(shell) : findShell
  await processes.begun(leftover)
  const execId = await engine.execs
    .create(containerId, {
      command,
      tty: true,
      ...(user ? { user } : {}),
      ...(workingDirectory ? { workingDirectory } : {}),
      environment: ['TERM=xterm-256color', mark],
    })
    .catch(async (error) => {
      await processes.ended(leftover)
      throw error
    })
  const socket = await engine.execs.start(execId, { tty: true, signal: abort.signal }).catch((error) => {
    // Where the connection was cut on the way, it may run all the same.
    void processes.end(leftover)
    throw error
  })
  const pump = pumpOutput(socket, (bytes) => output.data(bytes), output)
  // Docker knows the terminal a moment after it has answered.
  void resizeSoon(() => engine.execs.resize(execId, start), abort.signal)
  const over = pump.ended.then(() => exitCodeOf(engine, execId))
  return {
    over,
    write: pump.write,
    taken: pump.taken,
    resize(size) {
      engine.execs.resize(execId, size).catch(() => {})
    },
    async end() {
      socket.destroy()
      const state = await engine.execs.state(execId).catch(() => null)
      abort.abort()
      // What goes on behind a shell that was left by `exit` was meant to.
      if (state === null || state.running) await processes.end(leftover)
      else await processes.ended(leftover)
    },
  }
}

/** A command as it is typed: quotes and backslashes are a shell's, and nothing else in it is. Throws shell_quote_open. */
function shellWords(command: string): string[] {
  const { words, isOpen } = splitShellWords(command)
  if (isOpen || words.length === 0) throw new AppError('shell_quote_open', { detail: command })
  return words
}

async function attach(
  engine: EngineClient,
  containerId: string,
  start: Start,
  output: TerminalOutput,
  abort: AbortController,
): Promise<TerminalSession> {
  const document = await engine.containers.inspect(containerId)
  const { Tty, OpenStdin } = (document.Config ?? {}) as { Tty?: boolean; OpenStdin?: boolean }
  const { Running } = (document.State ?? {}) as { Running?: boolean }
  // Docker hangs on an attach to a stopped container, and Podman makes it new.
  if (!Running) throw new AppError('container_not_running', { objectId: containerId })
  if (!Tty && !OpenStdin) throw new AppError('terminal_no_input', { objectId: containerId })
  const socket = await engine.containers.attach(containerId, { signal: abort.signal })
  const demultiplex = Tty ? null : createDemultiplexer()
  const pump = pumpOutput(
    socket,
    (bytes) => {
      if (!demultiplex) output.data(bytes)
      else for (const piece of demultiplex(bytes)) output.data(withReturns(piece.bytes))
    },
    output,
  )
  const resize = (size: Size) => engine.containers.resize(containerId, size)
  if (Tty) void resizeSoon(() => resize(start), abort.signal)
  return {
    over: pump.ended.then(() => null),
    write: pump.write,
    taken: pump.taken,
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

/** The line ends that a terminal needs. */
const withReturns = (bytes: Buffer) =>
  Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
