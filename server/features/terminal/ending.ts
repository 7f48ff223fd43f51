import { backoffDelay } from '../../backoff.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { sleep, untilOnline } from '../../fleet/waiting.ts'
import type { Log } from '../../log.ts'
import { readExec } from './read-exec.ts'

/** A terminal at its engine, or what is left of it. */
export interface Leftover {
  hostId: string
  containerId: string
  /** Each of its processes was given it. */
  mark: string
  /** Who opened it; absent for the container's own user. */
  user?: string
}

/** Ends terminals whose browsers went, also those that the last end of the server has left. */
export interface Endings {
  /** Resolves when it is on the disk that it is begun: whatever ends the server, its processes are looked after. */
  begun(terminal: Leftover): Promise<void>
  /** It has ended by itself. */
  ended(terminal: Leftover): Promise<void>
  /** Resolves once the processes are gone, or when that has to wait for the host. */
  end(leftover: Leftover): Promise<void>
  stop(): void
}

/** Terminals on the disk. */
export interface TerminalStore {
  all(): Promise<Leftover[]>
  add(terminal: Leftover): Promise<void>
  remove(mark: string): Promise<void>
}

/** Tries while the host is online: of a container without a shell none succeeds. */
const mostTries = 10
/** Milliseconds between two tries. */
const again = { baseMs: 1000, capMs: 60_000 }
/** Where there is nothing left to end. */
const gone: ReadonlySet<string> = new Set(['container_not_found', 'container_not_running', 'host_not_found'])

/**
 * Engines leave the processes of an exec running when its client goes. Where the host is away, they are ended when it is
 * back: nobody else would look after them.
 */
export async function createEndings(parts: {
  registry: HostRegistry
  store: TerminalStore
  log: Log
}): Promise<Endings> {
  const { registry, store, log } = parts
  const abort = new AbortController()
  const ended = ({ mark }: Leftover) =>
    store.remove(mark).catch((error) => log.error({ err: error }, 'an ended terminal could not be stored'))
  const later = async (leftover: Leftover) => {
    for (let failures = 1; failures <= mostTries && !abort.signal.aborted; failures++) {
      await sleep(backoffDelay(failures, again), abort.signal)
      const engine = await untilOnline(registry, leftover.hostId, abort.signal)
      if (engine ? await tryEnd(engine, leftover) : abort.signal.aborted) return
      // Its host was removed.
      if (!engine) break
    }
    if (!abort.signal.aborted) await ended(leftover)
  }
  /** Whether there is nothing left to do. */
  const tryEnd = async (engine: EngineClient, leftover: Leftover): Promise<boolean> => {
    try {
      await endProcesses(engine, leftover)
      await ended(leftover)
      return true
    } catch (error) {
      const code = error instanceof AppError ? error.code : ''
      if (gone.has(code)) {
        await ended(leftover)
        return true
      }
      log.warn(
        { err: error, containerId: leftover.containerId },
        'processes of an ended terminal may still run',
      )
      return false
    }
  }
  for (const leftover of await store.all()) void later(leftover)
  return {
    begun: (terminal) => store.add(terminal),
    ended,
    async end(leftover) {
      let engine: EngineClient | null = null
      try {
        engine = registry.engine(leftover.hostId)
      } catch {
        // Away.
      }
      if (!engine || !(await tryEnd(engine, leftover))) void later(leftover)
    },
    stop: () => abort.abort(),
  }
}

/**
 * Hangs up on every process of a terminal, and kills what stays. First as the user who opened it: nobody else may read the
 * mark in its processes' environment, and root may not either without CAP_SYS_PTRACE (ptrace(2), access mode checking).
 * Then as root, for what has changed its user meanwhile and is only known by its session.
 */
async function endProcesses(engine: EngineClient, leftover: Leftover): Promise<void> {
  const { containerId, mark, user } = leftover
  const said = await readExec(engine, containerId, {
    command: ['/bin/sh', '-c', endScript, 'sh', mark],
    ...(user ? { user } : {}),
  })
  const sessions = said
    .trim()
    .split(/\s+/)
    .filter((word) => /^\d+$/.test(word))
  await readExec(engine, containerId, {
    command: ['/bin/sh', '-c', endScript, 'sh', mark, ...sessions],
    user: '0',
  })
}

/**
 * With what any shell has: no ps, no pkill. A process is the terminal's that carries its mark, or is of the session or a
 * descendant of one that does: `env -i`, `su -` and a program with other rights show no mark. Sessions 0 and 1 are not a
 * terminal's: of the container itself, or of the host where it shares its processes.
 * Arguments: the mark, and sessions that are known already. Says the sessions found.
 */
const endScript = `
mark=$1; shift; sessions=" $* "; found=" "
look() {
  table=$(for d in /proc/[0-9]*; do
    line=$(cat "$d/stat" 2>/dev/null) || continue
    marked=0; grep -q "$mark" "$d/environ" 2>/dev/null && marked=1
    set -- \${line##*) }
    echo "\${d#/proc/} $2 $4 $marked"
  done)
  grown=1
  while [ $grown = 1 ]; do
    grown=0; set -- $table
    while [ $# -ge 4 ]; do
      hit=$4
      case "$sessions" in *" $3 "*) hit=1;; esac
      case "$found" in *" $2 "*) hit=1;; esac
      case "$found" in *" $1 "*) hit=0;; esac
      if [ "$hit" = 1 ] && [ "$1" != 1 ]; then
        found="$found$1 "; grown=1
        [ "$3" -gt 1 ] && case "$sessions" in *" $3 "*) ;; *) sessions="$sessions$3 ";; esac
      fi
      shift 4
    done
  done
}
look
if [ "$found" != " " ]; then
  kill -HUP $found 2>/dev/null; sleep 1
  look; kill -KILL $found 2>/dev/null
fi
echo $sessions
`
