import type { BuildStep } from '#lib/contracts/image-build.ts'
import { plainWords } from '../errors.ts'
import { bytesOf, readMessage } from './protobuf.ts'

/** More steps than these are counted and told, and no longer listed. */
const maximumSteps = 500

interface Vertex extends BuildStep {
  started: number
  /** What it said last had no end of a line. */
  isWithinLine: boolean
  pulls: Set<string>
}

/**
 * Reads what BuildKit tells of a build (moby.buildkit.v1.StatusResponse, in the aux of 'moby.buildkit.trace') into
 * lines as `docker build --progress=plain` prints them, and its steps.
 */
export class BuildProgress {
  readonly #vertices = new Map<string, Vertex>()
  readonly #onOutput: (text: string) => void
  readonly #onStep: (step: BuildStep) => void
  #count = 0
  /** The end of what the steps themselves said. */
  said = ''
  /** Name of the step that failed. */
  failed: string | null = null

  /**
   * @param onOutput whole lines mostly; what a program prints without an end of a line comes as it is.
   * @param onStep when it begins and when it ends.
   */
  constructor(onOutput: (text: string) => void, onStep: (step: BuildStep) => void) {
    this.#onOutput = onOutput
    this.#onStep = onStep
  }

  /** Takes one message. Throws RangeError where it is none. */
  take(message: Buffer): void {
    for (const field of readMessage(message)) {
      if (field.kind !== 'bytes') continue
      if (field.number === 1) this.#vertex(field.value)
      else if (field.number === 2) this.#status(field.value)
      else if (field.number === 3) this.#log(field.value)
      else if (field.number === 4) this.#warning(field.value)
    }
  }

  #vertex(message: Buffer): void {
    let [digest, name, error] = ['', '', '']
    let isCached = false
    let [started, completed]: (number | null)[] = [null, null]
    for (const field of readMessage(message)) {
      if (field.kind === 'varint') {
        if (field.number === 4) isCached = field.value !== 0n
      } else if (field.number === 1) digest = field.value.toString('utf8')
      else if (field.number === 3) name = field.value.toString('utf8')
      else if (field.number === 5) started = millisecondsOf(field.value)
      else if (field.number === 6) completed = millisecondsOf(field.value)
      else if (field.number === 7) error = field.value.toString('utf8')
    }
    let vertex = this.#vertices.get(digest)
    if (!vertex) {
      // What has not begun may never do so: it is told then.
      if (started === null && !isCached) return
      this.#count++
      vertex = {
        number: this.#count,
        name: plainWords(name, 200),
        state: 'running',
        ms: null,
        started: started ?? 0,
        isWithinLine: false,
        pulls: new Set(),
      }
      if (this.#vertices.size < maximumSteps) this.#vertices.set(digest, vertex)
      this.#say(vertex, `${vertex.name}\n`)
      if (completed === null && !isCached) this.#tell(vertex)
    }
    if (vertex.state !== 'running' || (completed === null && !isCached)) return
    vertex.ms = Math.max(0, (completed ?? vertex.started) - (started ?? vertex.started))
    vertex.state = error !== '' ? 'failed' : isCached ? 'cached' : 'done'
    if (error !== '') {
      this.failed ??= vertex.name
      this.#say(vertex, `ERROR: ${plainWords(error, 2000)}\n`)
    } else this.#say(vertex, isCached ? 'CACHED\n' : `DONE ${(vertex.ms / 1000).toFixed(1)}s\n`)
    this.#tell(vertex)
  }

  #tell({ number, name, state, ms }: Vertex): void {
    this.#onStep({ number, name, state, ms })
  }

  /** Layers of a base and files that come: the end of each, and not each of their bytes. */
  #status(message: Buffer): void {
    const vertex = this.#vertices.get(bytesOf(message, 2).toString('utf8'))
    const id = plainWords(bytesOf(message, 1).toString('utf8'), 200)
    if (!vertex || bytesOf(message, 8).length === 0 || vertex.pulls.has(id)) return
    if (vertex.pulls.size < maximumSteps) vertex.pulls.add(id)
    this.#say(vertex, `${id} done\n`)
  }

  #log(message: Buffer): void {
    const vertex = this.#vertices.get(bytesOf(message, 1).toString('utf8'))
    const text = bytesOf(message, 4).toString('utf8')
    this.said = (this.said + text).slice(-2000)
    if (vertex) this.#say(vertex, text)
    else this.#onOutput(text)
  }

  #warning(message: Buffer): void {
    this.#onOutput(`WARNING: ${plainWords(bytesOf(message, 3).toString('utf8'), 500)}\n`)
  }

  /** Each line with the step's number before it: several run at once. */
  #say(vertex: Vertex, text: string): void {
    if (text === '') return
    const start = vertex.isWithinLine ? '' : `#${vertex.number} `
    vertex.isWithinLine = !text.endsWith('\n')
    this.#onOutput(start + text.replace(/\n(?=[^])/g, `\n#${vertex.number} `))
  }
}

/** google.protobuf.Timestamp. */
function millisecondsOf(message: Buffer): number {
  let milliseconds = 0
  for (const field of readMessage(message))
    if (field.kind === 'varint')
      milliseconds += field.number === 1 ? Number(field.value) * 1000 : Number(field.value) / 1e6
  return milliseconds
}
