import { parseGoBool } from '#lib/docker-run/go-values.ts'
import { flagAliases } from '#lib/docker-run/kinds.ts'
import { isSwitch } from '#lib/docker-run/parse.ts'

/** One option of a command line, without its dashes and by its long name. */
export interface Option {
  name: string
  value: string
}

/**
 * The options of the `podman create` or `run` that a container was made by, as Podman keeps its words (pflag's reading);
 * null when it was made otherwise.
 */
export function optionsOfCommand(words: readonly string[] | null | undefined): Option[] | null {
  const start = (words ?? []).findIndex((word) => word === 'create' || word === 'run')
  if (!words || start < 0) return null
  const found: Option[] = []
  for (let at = start + 1; at < words.length; at++) {
    const word = words[at] as string
    if (!word.startsWith('-') || word === '-' || word === '--') break
    const equals = word.indexOf('=')
    if (word.startsWith('--')) {
      const written = equals < 0 ? word.slice(2) : word.slice(2, equals)
      const name = flagAliases[written] ?? written
      if (equals >= 0) found.push({ name, value: word.slice(equals + 1) })
      else if (isSwitch(name)) found.push({ name, value: 'true' })
      else found.push({ name, value: words[++at] ?? '' })
      continue
    }
    for (let letter = 1; letter < word.length; letter++) {
      const name = flagAliases[word[letter] as string] ?? (word[letter] as string)
      if (isSwitch(name)) {
        found.push({ name, value: 'true' })
        continue
      }
      const rest = word.slice(letter + 1).replace(/^=/, '')
      found.push({ name, value: rest === '' ? (words[++at] ?? '') : rest })
      break
    }
  }
  return found
}

/** `a=1,b,c=x` as pairs; what has no value is true. */
export function fieldsOf(text: string): [string, string][] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=')
      return at < 0 ? [part, 'true'] : [part.slice(0, at), part.slice(at + 1)]
    })
}

/** Go's booleans, as strconv reads them. */
export function isOn(value: string): boolean {
  return parseGoBool(value) === true
}
