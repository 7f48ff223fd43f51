import { emptySpec } from '../containers/spec.ts'
import type { EngineFlavour } from '../contracts/common.ts'
import type { ContainerSpec } from '../contracts/container-create.ts'
import { type Piece, readShell, type ShellReading } from '../shell-words.ts'
import { isProgram, type RunCommand, runCommandOf } from './command.ts'
import { type Reading, runFlags } from './flags.ts'
import { parseGoBool, parseGoCsv } from './go-values.ts'
import {
  flagAliases,
  harmlessSwitches,
  podmanEither,
  podmanLists,
  uncarriedSwitches,
  uncarriedValues,
} from './kinds.ts'
import { settleNetworks } from './networks.ts'

/** Something of a line that did not go into the spec, or not as a shell would have put it there. */
export interface RunNote {
  /**
   * `uncarried`: the form has no place for it. `unreadable`: the engines' programs refuse it, or nobody can know here.
   * `outside`: no part of the command. `expansion`: left as it is.
   */
  kind: 'uncarried' | 'unreadable' | 'outside' | 'expansion'
  text: string
  /** Both from 1. */
  line: number
  column: number
}

export interface ParsedRun {
  flavour: EngineFlavour
  spec: ContainerSpec
  /** `--pull always`. */
  pull?: 'missing' | 'always' | 'never'
  /** In the order of the line. Without any, the spec is the line and nothing but the line. */
  notes: RunNote[]
}

/**
 * Reads a `docker run` or `podman run` line (also `create`), as the shell and Go's flag package read it. Null when it
 * is none: another command, no image in it, or a quote that never ends. Nothing in it is run or replaced.
 */
export function parseDockerRun(text: string): ParsedRun | null {
  // A prompt that was copied along; blanks keep the places.
  const line = text.replace(/^(\s*)([\w@.:~/-]*[$#>%])(?=\s)/, (_, blanks, prompt) =>
    blanks.padEnd(blanks.length + prompt.length),
  )
  const shell = readShell(line)
  if (shell.isOpen) return null
  const found = findRun(shell)
  if (!found) return null
  const reader = new RunReader(found.command.flavour)
  const image = reader.read(found.command.words)
  if (image === null) return null
  const pieces = (kind: RunNote['kind'], of: readonly Piece[]) => of.map((piece) => ({ kind, ...piece }))
  const notes = [
    ...reader.notes,
    ...pieces('uncarried', found.command.around),
    ...pieces('outside', [...found.others, ...shell.redirections]),
    ...pieces('expansion', shell.expansions),
  ]
  return {
    flavour: found.command.flavour,
    spec: reader.spec,
    ...(reader.pull ? { pull: reader.pull } : {}),
    notes: notes.sort((a, b) => a.at - b.at).map(({ at, ...note }) => ({ ...note, ...placeOf(text, at) })),
  }
}

function findRun({ commands }: ShellReading): { command: RunCommand; others: Piece[] } | null {
  const read = commands.map(runCommandOf)
  const index = Math.max(
    0,
    read.findIndex((command) => command !== null),
  )
  const words = commands[index]
  if (!words || (!read[index] && isProgram(words))) return null
  const command = read[index] ?? { flavour: 'docker' as const, words, around: [] }
  const others = commands.filter((_, at) => at !== index)
  return {
    command,
    others: others.map((other) => ({
      text: other.map((word) => word.text).join(' '),
      at: other[0]?.at ?? 0,
    })),
  }
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

class RunReader {
  readonly spec = emptySpec()
  readonly notes: (Piece & { kind: RunNote['kind'] })[] = []
  pull: ParsedRun['pull']
  readonly #reading: Reading

  constructor(flavour: EngineFlavour) {
    this.#reading = { podman: flavour === 'podman', network: { aliases: [], ip: '' } }
  }

  /** Takes the words after `run`; the image, or null where there is none. */
  read(words: readonly Piece[]): string | null {
    let index = 0
    for (; index < words.length; index++) {
      const word = words[index] as Piece
      if (word.text === '--') {
        index++
        break
      }
      if (!word.text.startsWith('-') || word.text === '-') break
      index += word.text.startsWith('--')
        ? this.#long(word, words[index + 1])
        : this.#short(word, words[index + 1])
    }
    const image = words[index]
    if (!image) return null
    const { spec } = this
    spec.image = image.text
    const command = words.slice(index + 1).map((word) => word.text)
    if (command.length > 0) spec.command = command
    for (const text of settleNetworks(spec, this.#reading))
      this.#note('unreadable', text, this.#flagOf(words, text))
    if (spec.health?.test.length === 0) {
      this.#note('unreadable', '--health-cmd', this.#flagOf(words, '--health'))
      delete spec.health
    }
    return image.text
  }

  /** Takes one `--flag` and tells how many further words belong to it. */
  #long(word: Piece, next: Piece | undefined): number {
    const at = word.text.indexOf('=')
    const name = at < 0 ? word.text.slice(2) : word.text.slice(2, at)
    return this.#put(word, `--${name}`, name, at < 0 ? undefined : word.text.slice(at + 1), next)
  }

  /** `-it`, `-p8080:80`, `-e=NAME=value`, `-t=false`: pflag's clusters. */
  #short(word: Piece, next: Piece | undefined): number {
    for (let at = 1; at < word.text.length; at++) {
      const letter = word.text[at] as string
      const name = flagAliases[letter] ?? letter
      const rest = word.text.slice(at + 1)
      if (rest.length > 1 && rest.startsWith('='))
        return this.#put(word, `-${letter}`, name, rest.slice(1), next)
      if (!isSwitch(name)) return this.#put(word, `-${letter}`, name, rest === '' ? undefined : rest, next)
      this.#put(word, `-${letter}`, name, undefined, undefined)
    }
    return 0
  }

  #put(
    word: Piece,
    shown: string,
    written: string,
    given: string | undefined,
    next: Piece | undefined,
  ): number {
    const name = flagAliases[written] ?? written
    if (isSwitch(name)) {
      const isOn = given === undefined ? true : parseGoBool(given)
      const text = given === undefined ? shown : `${shown}=${given}`
      const apply = runFlags[name]
      if (isOn === null) this.#note('unreadable', text, word.at)
      else if (apply) this.#apply(text, word.at, apply(this.spec, String(isOn), this.#reading))
      else if (!harmlessSwitches.has(name)) this.#note('uncarried', text, word.at)
      return 0
    }
    const isKnown = name in runFlags || name === 'pull' || uncarriedValues.has(name)
    // Of what no program knows nobody can say whether it takes a word.
    const takesNext = given === undefined && (isKnown || !(next?.text.startsWith('-') ?? true))
    const value = given ?? (takesNext ? next?.text : undefined)
    const text = value === undefined ? shown : given === undefined ? `${shown} ${value}` : `${shown}=${value}`
    if (value === undefined) this.#note(isKnown ? 'unreadable' : 'uncarried', shown, word.at)
    else if (name === 'pull') {
      if (value === 'missing' || value === 'always' || value === 'never') this.pull = value
      else this.#note('unreadable', text, word.at)
    } else this.#value(name, text, word.at, value)
    return takesNext && next ? 1 : 0
  }

  #value(name: string, text: string, at: number, value: string): void {
    const apply = runFlags[name]
    if (!apply) return this.#note('uncarried', text, at)
    const { podman } = this.#reading
    if (podman && podmanEither.has(name) && value.includes(',')) return this.#note('unreadable', text, at)
    const values = podman && podmanLists.has(name) ? parseGoCsv(value) : [value]
    if (!values) return this.#note('unreadable', text, at)
    for (const one of values)
      this.#apply(values.length > 1 ? `${text} (${one})` : text, at, apply(this.spec, one, this.#reading))
  }

  #apply(text: string, at: number, read: ReturnType<(typeof runFlags)[string] & object>): void {
    if (read === false) this.#note('unreadable', text, at)
    else for (const part of read ?? []) this.#note('uncarried', `${text}: ${part}`, at)
  }

  #note(kind: RunNote['kind'], text: string, at: number): void {
    this.notes.push({ kind, text, at })
  }

  #flagOf(words: readonly Piece[], flag: string): number {
    return (words.find((word) => word.text.startsWith(flag)) ?? words[0])?.at ?? 0
  }
}

const carriedSwitches: ReadonlySet<string> = new Set([
  'init',
  'interactive',
  'no-healthcheck',
  'privileged',
  'publish-all',
  'read-only',
  'rm',
  'tty',
])

/** Whether a flag stands alone, by its long name. */
export function isSwitch(name: string): boolean {
  return carriedSwitches.has(name) || uncarriedSwitches.has(name) || harmlessSwitches.has(name)
}
