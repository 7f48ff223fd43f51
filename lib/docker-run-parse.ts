import { emptySpec } from './container-spec.ts'
import type { ContainerSpec } from './contracts/container-create.ts'
import { flagAliases, harmlessFlags, runFlags, unknownSwitches } from './docker-run-flags.ts'
import { splitShellWords } from './shell-words.ts'

export interface ParsedRun {
  spec: ContainerSpec
  /** `--pull always`. */
  pull?: 'missing' | 'always' | 'never'
  /** Flags that the form has no place for. */
  unknown: string[]
  /** Flags whose value could not be read. */
  unreadable: string[]
  /** `$NAME` and the like were left as they are. */
  hasExpansion: boolean
}

/** Words before the flags: `sudo docker container run`. */
const programs = /^(?:docker|podman|nerdctl|(?:\/[^\s]*)?\/(?:docker|podman))$/

/**
 * Reads a `docker run` or `podman run` line (also `create`). Null when it is none: no image in it, or a quote that never
 * ends. Nothing in it is run or replaced.
 */
export function parseDockerRun(text: string): ParsedRun | null {
  const { words, hasExpansion, isOpen } = splitShellWords(text.trim().replace(/^[$#>]\s+/, ''))
  if (isOpen) return null
  const start = afterCommand(words)
  const spec = emptySpec()
  const run: ParsedRun = { spec, unknown: [], unreadable: [], hasExpansion }
  let index = start
  for (; index < words.length; index++) {
    const word = words[index] as string
    if (word === '--') {
      index++
      break
    }
    if (!word.startsWith('-') || word === '-') break
    index += word.startsWith('--') ? long(run, word, words[index + 1]) : short(run, word, words[index + 1])
  }
  const image = words[index]
  if (image === undefined) return null
  spec.image = image
  const command = words.slice(index + 1)
  if (command.length > 0) spec.command = command
  spec.networks = spec.networks.filter(({ name, aliases, ip }) => {
    if (name === '' && (aliases.length > 0 || ip !== '')) run.unreadable.push('--network')
    return name !== ''
  })
  if (spec.health?.test.length === 0) {
    run.unreadable.push('--health-cmd')
    delete spec.health
  }
  if (spec.log?.driver === '') spec.log.driver = 'json-file'
  return run
}

/** Index of the first word after `docker [options] [container] run`. */
function afterCommand(words: readonly string[]): number {
  let index = 0
  while (['sudo', 'time', 'exec', 'doas'].includes(words[index] ?? '')) index++
  if (!programs.test(words[index] ?? '')) return 0
  const verb = words.findIndex((word, at) => at > index && (word === 'run' || word === 'create'))
  return verb < 0 ? index + 1 : verb + 1
}

/** Takes one `--flag` and tells how many further words belong to it. */
function long(run: ParsedRun, word: string, next: string | undefined): number {
  const at = word.indexOf('=')
  const name = at < 0 ? word.slice(2) : word.slice(2, at)
  return put(run, `--${name}`, name, at < 0 ? undefined : word.slice(at + 1), next)
}

/** `-it`, `-p8080:80`, `-e NAME=value`. */
function short(run: ParsedRun, word: string, next: string | undefined): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string
    const name = flagAliases[letter] ?? letter
    if (harmlessFlags.has(letter) || runFlags[name]?.takes === 'switch') {
      if (!harmlessFlags.has(letter)) runFlags[name]?.apply(run.spec, 'true')
      continue
    }
    const rest = word.slice(at + 1).replace(/^=/, '')
    return put(run, `-${letter}`, letter, rest === '' ? undefined : rest, next)
  }
  return 0
}

function put(
  run: ParsedRun,
  shown: string,
  written: string,
  given: string | undefined,
  next: string | undefined,
): number {
  const name = flagAliases[written] ?? written
  if (harmlessFlags.has(name)) return 0
  const flag = runFlags[name]
  if (name === 'pull') {
    const policy = given ?? next
    if (policy === 'missing' || policy === 'always' || policy === 'never') run.pull = policy
    else run.unreadable.push(shown)
    return given === undefined ? 1 : 0
  }
  if (!flag) {
    run.unknown.push(given === undefined ? shown : `${shown}=${given}`)
    if (given !== undefined || unknownSwitches.has(name)) return 0
    return 1
  }
  if (flag.takes === 'switch') {
    flag.apply(run.spec, given ?? 'true')
    return 0
  }
  const value = given ?? next
  if (value === undefined || flag.apply(run.spec, value) === false)
    run.unreadable.push(value === undefined ? shown : `${shown} ${value}`)
  return given === undefined ? 1 : 0
}
