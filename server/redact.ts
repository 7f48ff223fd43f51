/**
 * Values that need containers.reveal, taken out of what engines say. Names stay, so that one sees what there is. All of
 * it is linear in its input: a label or a command line is anybody's text.
 */

/** What stands for a value in the middle of a text. A variable or an option that is taken out has nothing after its `=`. */
const hidden = '***'
/** Characters of a name that are looked at: what it names stands at its end. */
const longestName = 128
/**
 * Characters that are looked at: of one value, and of all values of a set of labels or a command together. Looking costs
 * some microseconds each, for everybody at once, and engines take labels of megabytes. What is not looked at is not shown.
 */
const mostOfOne = 8 * 1024
const mostOfAll = 32 * 1024
const cutMark = (left: number) => `… (${left} more characters, not shown)`

const secretName = new RegExp(
  [
    'pass(?:w|phrase|code|$|[^a-z])|pwd|secret|token|credential|bearer|jwt|hmac|dsn$|salt$|auth(?!or)|authoriz',
    '(?:api|access|private|encryption|signing|master|license|account|shared)[-_. ]?key|(?:^|[^a-z])key$',
    'connection[-_]?string',
  ].join('|'),
  'i',
)

/** Every relist asks for the same few labels of thousands of containers. */
const known = new Map<string, boolean>()
const mostKnown = 5000

/** Whether what is called so is a secret, as people call them: a label, an option, a variable. */
export function isSecretName(name: string): boolean {
  const end = name.slice(-longestName).trimEnd()
  const before = known.get(end)
  if (before !== undefined) return before
  if (known.size >= mostKnown) known.clear()
  const found = secretName.test(end)
  known.set(end, found)
  return found
}

/** A document of either engine, or a list of them, as parsed from JSON. Changed in place. */
export function hideValues(document: unknown): void {
  if (typeof document !== 'object' || document === null) return
  const fields = document as Record<string, unknown>
  const isVolume = 'Mountpoint' in fields
  for (const [name, value] of Object.entries(fields)) {
    const hide =
      name === 'Options' && isVolume ? emptied : Array.isArray(document) ? undefined : byField.get(name)
    const shown = hide ? hide(value) : typeof value === 'string' ? hideAddresses(value) : value
    // Numbers that are kept as they were written are frozen.
    if (shown !== value) fields[name] = shown
    else hideValues(value)
  }
}

const mapped = (value: unknown, each: (value: string) => string): unknown =>
  typeof value === 'string' ? each(value) : value

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string')
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A line, a list of words, or a plugin's, which has them as its `Value`. */
const command = (value: unknown): unknown => {
  if (isWords(value)) return hideWords(value)
  if (isRecord(value) && isWords(value.Value)) return { ...value, Value: hideWords(value.Value) }
  return mapped(value, hideText)
}

/** Pairs, or a plugin's documents of name and value. */
const environment = (value: unknown) =>
  Array.isArray(value)
    ? value.map((entry) =>
        isRecord(entry) && 'Value' in entry
          ? { ...entry, Value: '' }
          : typeof entry === 'string'
            ? `${entry.split('=', 1)[0]}=`
            : entry,
      )
    : value

const emptied = (value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.keys(value).map((name) => [name, ''])) : value

/** Of a driver, of logs or of a volume: a network share's password is among its options. */
const driver = (field: string) => (value: unknown) =>
  isRecord(value) && field in value ? { ...value, [field]: emptied(value[field]) } : value

const labelPair = (pair: string): string => {
  const [name = ''] = pair.split('=', 1)
  return name === pair ? pair : `${name}=${hideLabels({ [name]: pair.slice(name.length + 1) })[name]}`
}

/** Of an object; or an engine's own, which it lists as pairs (`/info`). */
const labels = (value: unknown) =>
  isRecord(value) ? hideLabels(value) : isWords(value) ? value.map(labelPair) : value

/** Podman keeps the line that made a container: `podman run -ite NAME=value …` has what `Env` does. */
const withoutEnvironment = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(String).map((word, index, all) => {
        const isPair = /^(?:-[A-Za-z]*e|--env)$/.test(all[index - 1] ?? '')
        return isPair
          ? `${word.split('=', 1)[0]}=`
          : word.replace(/^((?:-[A-Za-z]*?e|--env=)[^=]*=).*/s, '$1')
      })
    : value

/** What a field holds, by its name in the documents of Docker and of libpod. */
const byField = new Map<string, (value: unknown) => unknown>([
  ['Env', environment],
  ...['Cmd', 'Entrypoint', 'Path', 'Args', 'Command', 'Test', 'arguments'].map(
    (name) => [name, command] as [string, typeof command],
  ),
  ...['Labels', 'labels', 'Annotations', 'Attributes'].map(
    (name) => [name, labels] as [string, typeof labels],
  ),
  ['CreateCommand', (value) => command(withoutEnvironment(value))],
  ['LogConfig', driver('Config')],
  ['DriverConfig', driver('Options')],
  ['CreatedBy', (value) => mapped(value, hideBuildValues)],
  ['created_by', (value) => mapped(value, hideBuildValues)],
  [
    'Processes',
    (rows) =>
      Array.isArray(rows) ? rows.map((row) => [row].flat().map((cell) => hideText(String(cell)))) : rows,
  ],
  // An event of an exec tells its command line; `status` is its older name.
  ['Action', (value) => mapped(value, hideText)],
  ['status', (value) => mapped(value, hideText)],
  // Of a health check.
  ['Output', (value) => mapped(value, hideText)],
])

/** Labels without the values of those that are named as a secret, and without secrets in the other ones. */
export function hideLabels<T>(values: Record<string, T>): Record<string, T> {
  let left = mostOfAll
  const shown = Object.entries(values).map(([name, value]) => {
    if (typeof value !== 'string' || value === '') return [name, value]
    const cost = name.length + Math.min(value.length, mostOfOne)
    if (cost > left) return [name, cutMark(value.length)]
    left -= cost
    return [name, isSecretName(name) ? hidden : hideText(value)]
  })
  return Object.fromEntries(shown) as Record<string, T>
}

/** `ENV NAME=value` of a Dockerfile, and `|1 ARG=value /bin/sh -c …`, as a history tells them. */
const environmentStep = /^(?:\/bin\/sh -c #\(nop\)\s+)?ENV\s/
const argumentsStep = /^(?:RUN\s+)?\|\d+\s/

/** A step of an image's history without the values that a build was given. */
export function hideBuildValues(step: string): string {
  if (!environmentStep.test(step) && !argumentsStep.test(step)) return hideText(step)
  // Values with spaces are quoted, or end at the next NAME=.
  return hideText(step.replaceAll(/(^|\s)([A-Za-z_]\w*)=(?:"[^"]*"|'[^']*'|\S*)/g, '$1$2='))
}

/** Without any of these there is nothing to hide; most labels of most containers. */
const suspicious = /[=:]|(?:^|[\s"'])-|bearer|basic/i

/** A command line or other text without what looks like a secret in it. */
export function hideText(whole: string): string {
  const text = whole.slice(0, mostOfOne)
  const cut = whole.length > mostOfOne ? cutMark(whole.length - mostOfOne) : ''
  return (suspicious.test(text) ? hideParts(text) : text) + cut
}

function hideParts(text: string): string {
  const words: string[] = []
  const gaps: string[] = []
  for (const { word, gap } of split(text)) {
    words.push(word)
    gaps.push(gap)
  }
  return hideWords(words)
    .map((word, index) => word + gaps[index])
    .join('')
}

/** Programs whose `-p` has its value right behind it. */
const passwordIsBehind = /(?:^|\/)(?:mysql|mariadb|sshpass)[\w-]{0,30}$/
const port = /^[\d.:/\-\]]*(?:tcp|udp)?$/

/** Arguments of a command without those that look like a secret. */
export function hideWords(all: readonly string[]): string[] {
  const words = bounded(all)
  let next: 'shown' | 'hidden' | 'account' | 'notPort' = 'shown'
  let behind = false
  return words.map((word) => {
    const bare = unquoted(word)
    const was = next
    next = 'shown'
    if (was === 'hidden' && !bare.startsWith('-')) {
      // `Authorization: Bearer x` has two words that follow.
      if (/^(?:bearer|basic|digest|token)$/i.test(bare)) next = 'hidden'
      else return word === '' ? word : hidden
    }
    if (was === 'notPort' && !port.test(bare)) return hidden
    if (was === 'account' && bare.includes(':')) return `${bare.slice(0, bare.indexOf(':'))}:${hidden}`
    if (behind && /^-p./.test(bare)) return `-p${hidden}`
    behind ||= passwordIsBehind.test(bare.slice(-longestName))
    if (bare === '-p') next = 'notPort'
    else if (bare === '-u' || bare === '--user') next = 'account'
    else if (/^(?:bearer|basic)$/i.test(bare)) next = 'hidden'
    else if (/^-|:$/.test(bare) && !bare.includes('=') && isSecretName(bare.replace(/:$/, '')))
      next = 'hidden'
    if (next !== 'shown') return word
    // A script in one word.
    return /\s/.test(word) && word !== bare ? quoted(word, hideText(bare)) : hideWord(word)
  })
}

/** Words of which no more is looked at than that. */
function bounded(words: readonly string[]): readonly string[] {
  let left = mostOfAll
  // With its mark it is no longer than that.
  const shorter = mostOfOne - 64
  const cut: string[] = []
  for (const word of words) {
    if (left <= 0) return [...cut, `… (${words.length - cut.length} more, not shown)`]
    cut.push(word.length > mostOfOne ? `${word.slice(0, shorter)}${cutMark(word.length - shorter)}` : word)
    left -= Math.min(word.length, mostOfOne) + 1
  }
  return words.some((word) => word.length > mostOfOne) ? cut : words
}

/** `name=value`, lists of them, addresses: one word, or a text without quotes around it. */
function hideWord(word: string): string {
  const isText = /\s/.test(word)
  if (isText && split(word).length > 1) return hideText(word)
  const shown = hideAddresses(word)
    .split(/([?&;,|{}[\]()])/)
    .map(hidePair)
    .join('')
  // A quote that nothing closes.
  if (isText && shown === word)
    return word
      .split(/(\s)/)
      .map((part, index, all) =>
        index % 2 === 1 ? part : (hideWords([all[index - 2] ?? '', part])[1] as string),
      )
      .join('')
  return shown
}

/** What stands behind the name of a secret is hidden; `--env=PASSWORD=x` has two names. */
function hidePair(piece: string): string {
  let from = 0
  for (let at = 0; at < piece.length; at++) {
    if (piece[at] !== '=' && piece[at] !== ':') continue
    const name = piece.slice(Math.max(from, at - longestName), at).replaceAll(/["']/g, '')
    from = at + 1
    if (from === piece.length || piece.startsWith('//', from) || piece.startsWith(hidden, from)) continue
    if (isSecretName(name)) return piece.slice(0, from) + hidden
  }
  return piece
}

/** `https://user:password@host`, whoever it is; all of them in a text. */
function hideAddresses(text: string): string {
  let from = 0
  let shown = ''
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', from)) {
    const start = at + 3
    const end = endOfAuthority(text, start)
    const account = text.slice(start, end).lastIndexOf('@')
    shown += text.slice(from, start) + (account === -1 ? '' : hidden)
    from = start + Math.max(account, 0)
  }
  return shown + text.slice(from)
}

function endOfAuthority(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (/[\s/?#"'<>]/.test(text[at] as string)) return at
  return text.length
}

/** Words of a text with what is between them; what stands between quotes is one word. */
function split(text: string): { word: string; gap: string }[] {
  const found: { word: string; gap: string }[] = []
  let at = 0
  while (at < text.length || found.length === 0) {
    const start = at
    let quote = ''
    for (; at < text.length; at++) {
      const character = text[at] as string
      if (quote !== '') {
        if (character === quote) quote = ''
      } else if (character === '"' || character === "'") quote = character
      else if (isSpace(character)) break
      else if (character === '\\') at++
    }
    const end = Math.min(at, text.length)
    for (at = end; at < text.length && isSpace(text[at] as string); ) at++
    found.push({ word: text.slice(start, end), gap: text.slice(end, at) })
  }
  return found
}

const isSpace = (character: string) =>
  character === ' ' || character === '\n' || character === '\t' || character === '\r'

const unquoted = (word: string) =>
  word.length > 1 && /^["']/.test(word) && word.at(-1) === word[0] ? word.slice(1, -1) : word
const quoted = (word: string, text: string) => (word === unquoted(word) ? text : word[0] + text + word[0])
