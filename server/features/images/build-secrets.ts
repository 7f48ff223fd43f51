import { randomUUID } from 'node:crypto'
import { AppError } from '../../errors.ts'

/** Milliseconds for a build to be started, and for a retry of one that failed. */
const waitMs = { start: 60 * 60 * 1000, retry: 24 * 60 * 60 * 1000 }
const sweepMs = 10 * 60 * 1000
/** Sets that are kept; the oldest makes room. */
const mostSets = 100

export interface BuildSecrets {
  /** Keeps them in memory alone, for builds of this person. Returns the name of the set. */
  put(userId: string, secrets: ReadonlyMap<string, Buffer>): string
  /** Throws build_secrets_gone, also for somebody else's. */
  get(id: string, userId: string): ReadonlyMap<string, Buffer>
  /** A task works with them: they are kept until its `end`, or a day after this. */
  use(id: string, taskId: string): void
  /** Forgets what a task worked with. */
  end(taskId: string): void
  stop(): void
}

/**
 * Secrets of builds. They are in no database, file, task or log: a build names the set, the engine asks for each by its
 * name while it runs, and with the server they are gone.
 */
export function createBuildSecrets(): BuildSecrets {
  const sets = new Map<
    string,
    { userId: string; secrets: ReadonlyMap<string, Buffer>; taskId: string | null; until: number }
  >()
  const sweep = setInterval(() => {
    for (const [id, { until }] of sets) if (until < Date.now()) sets.delete(id)
  }, sweepMs)
  sweep.unref()
  return {
    put(userId, secrets) {
      const [oldest] = sets.keys()
      if (sets.size >= mostSets && oldest !== undefined) sets.delete(oldest)
      const id = randomUUID()
      sets.set(id, { userId, secrets, taskId: null, until: Date.now() + waitMs.start })
      return id
    },
    get(id, userId) {
      const set = sets.get(id)
      if (set?.userId !== userId) throw new AppError('build_secrets_gone')
      return set.secrets
    },
    use(id, taskId) {
      const set = sets.get(id)
      if (set) Object.assign(set, { taskId, until: Date.now() + waitMs.retry })
    },
    end(taskId) {
      for (const [id, set] of sets) if (set.taskId === taskId) sets.delete(id)
    },
    stop: () => clearInterval(sweep),
  }
}

/** Shorter ones would blacken half of an output, and are guessed anyway. */
const shortestMasked = 4

/**
 * Replaces secrets in a text that comes in pieces, also where a secret is cut by the end of a piece. A program may print
 * what it was given, and outputs are shown to more people than who gave it. Of a secret of several lines each is one.
 */
export function maskSecrets(secrets: Iterable<Buffer>, give: (text: string) => void) {
  const words = [...secrets]
    .flatMap((secret) => secret.toString('utf8').split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestMasked)
    // A longer one may hold a shorter.
    .sort((a, b) => b.length - a.length)
  let held = ''
  const mask = (text: string) => words.reduce((masked, word) => masked.replaceAll(word, '***'), text)
  return {
    mask,
    say(text: string): void {
      const all = mask(held + text)
      // What may be the beginning of a secret waits for what follows.
      const wait = Math.max(0, ...words.map((word) => overlap(all, word)))
      held = all.slice(all.length - wait)
      if (all.length > wait) give(all.slice(0, all.length - wait))
    },
    end(): void {
      if (held !== '') give(held)
      held = ''
    },
  }
}

/** Characters at the end of a text with which a word begins. */
function overlap(text: string, word: string): number {
  for (let length = Math.min(word.length - 1, text.length); length > 0; length--)
    if (text.endsWith(word.slice(0, length))) return length
  return 0
}
