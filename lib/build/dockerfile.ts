export interface BuildKitFeature {
  line: number
  /** 'RUN --mount', 'COPY <<EOF'. */
  feature: string
}

/** What a Dockerfile says, as far as a form and a check before the build need it. */
export interface Dockerfile {
  /** Names of ARG over all stages, with the default where there is one. */
  args: { name: string; value: string | null }[]
  /** Names of stages. */
  stages: string[]
  /** Images that FROM and COPY --from name, variables not resolved; without stages of its own and `scratch`. */
  images: string[]
  /** What only BuildKit does, with the line where it stands. */
  buildKit: BuildKitFeature[]
  /** Image of a `# syntax=` directive. */
  syntax: string | null
}

/** Options of instructions that the classic builder refuses, or reads past (Dockerfile reference, "RUN --mount", "COPY --chmod", ...). */
const buildKitFlags: Readonly<Record<string, readonly string[]>> = {
  RUN: ['mount', 'network', 'security'],
  COPY: ['chmod', 'link', 'parents', 'exclude'],
  ADD: ['chmod', 'link', 'checksum', 'keep-git-dir', 'exclude', 'unpack'],
}
/** Reads a Dockerfile. Never throws: what is wrong in it is for the engine to say. */
export function readDockerfile(text: string): Dockerfile {
  const found: Dockerfile = { args: [], stages: [], images: [], buildKit: [], syntax: null }
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  const { escape, syntax } = directives(lines)
  found.syntax = syntax
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1
    let instruction = lines[at] as string
    if (/^\s*(#|$)/.test(instruction)) continue
    // A line goes on after the escape character; comments and empty lines between are no part of it.
    while (continues(instruction, escape) && at + 1 < lines.length) {
      const next = lines[++at] as string
      if (/^\s*(#|$)/.test(next)) continue
      instruction = instruction.trimEnd().slice(0, -1) + next
    }
    const [, word = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/.exec(instruction) ?? []
    const heredocs = readInstruction(found, word.toUpperCase(), rest, line)
    for (const end of heredocs) {
      const line = (text: string) => (end.isIndented ? text.replace(/^\t+/, '') : text)
      while (at + 1 < lines.length && line(lines[at + 1] as string) !== end.word) at++
      at++
    }
  }
  return found
}

/** Adds what an instruction says; gives what ends its here-documents. */
function readInstruction(found: Dockerfile, word: string, rest: string, line: number): Heredoc[] {
  // It is read as what it will be run as.
  const [, later = '', more = ''] = /^(\S+)\s+([\s\S]*)$/.exec(rest) ?? []
  if (word === 'ONBUILD' && later !== '') return readInstruction(found, later.toUpperCase(), more, line)
  const flags = [...rest.matchAll(/(?:^|\s)--([a-z-]+)(?:=(\S+))?(?=\s|$)/g)]
  const body = rest.replace(/^(?:--\S+\s+)*/, '')
  // Options stand before everything else: `RUN tool --mount` is the tool's.
  const own = flags.filter((flag) => (flag.index ?? 0) < rest.length - body.length)
  if (word === 'ARG') {
    for (const [, name = '', , value] of body.matchAll(/([A-Za-z_]\w*)(=("[^"]*"|'[^']*'|\S*))?/g)) {
      if (found.args.some((arg) => arg.name === name)) continue
      found.args.push({ name, value: value?.replace(/^(["'])(.*)\1$/, '$2') ?? null })
    }
  }
  const name = (image: string) => {
    const known = found.stages.includes(image.toLowerCase()) || found.images.includes(image)
    if (!known && image !== 'scratch' && !/^\d+$/.test(image)) found.images.push(image)
  }
  if (word === 'FROM') {
    const [image = '', as = '', stage = ''] = body.trim().split(/\s+/)
    if (image !== '') name(image)
    if (as.toUpperCase() === 'AS' && stage !== '') found.stages.push(stage.toLowerCase())
  }
  if (word === 'COPY') {
    const from = own.find(([, flag]) => flag === 'from')?.[2]
    if (from) name(from)
  }
  for (const [, flag = ''] of own)
    if (buildKitFlags[word]?.includes(flag)) found.buildKit.push({ line, feature: `${word} --${flag}` })
  if (word !== 'RUN' && word !== 'COPY' && word !== 'ADD') return []
  const heredocs = heredocsOf(body)
  if (heredocs[0]) found.buildKit.push({ line, feature: `${word} <<${heredocs[0].word}` })
  return heredocs
}

interface Heredoc {
  word: string
  /** `<<-`: tabs before the word that ends it don't count. */
  isIndented: boolean
}

/**
 * Here-documents that an instruction opens: words that begin with `<<`, as a shell parts words. Within quotes, within a
 * word and with nothing behind it is the shell's own (BuildKit's parser, "heredocFromMatch").
 */
function heredocsOf(body: string): Heredoc[] {
  const words = body.match(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[^\s\\"'])+/g) ?? []
  return words.flatMap((text) => {
    const [, dash, rest = ''] = /^\d*<<(-?)([^<]+)$/.exec(text) ?? []
    const word = rest.replace(/\\([\s\S])|["']/g, '$1')
    return word === '' ? [] : [{ word, isIndented: dash === '-' }]
  })
}

/** An engine, as far as its builder goes. */
export interface Builder {
  flavour: 'docker' | 'podman'
  version: string
}

/**
 * What an engine's builder reads past, or takes for something else, and then says that it succeeded; all else it refuses
 * itself, in its own words. Docker's frontend has here-documents since 23 (one that `# syntax=` names may have them
 * before), Buildah since Podman 4.8; Buildah's COPY --exclude excludes nothing of a folder (5.4, tried).
 */
export function notBuilt({ buildKit, syntax }: Dockerfile, { flavour, version }: Builder): BuildKitFeature[] {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat)
  const hasHeredocs =
    flavour === 'docker' ? major >= 23 || syntax !== null : major > 4 || (major === 4 && minor >= 8)
  return buildKit.filter(
    ({ feature }) =>
      (feature.includes(' <<') && !hasHeredocs) || (flavour === 'podman' && feature.endsWith(' --exclude')),
  )
}

function continues(line: string, escape: string): boolean {
  return line.trimEnd().endsWith(escape)
}

/** Comments of the form `# name=value` at the very top. */
function directives(lines: readonly string[]): { escape: string; syntax: string | null } {
  let escape = '\\'
  let syntax: string | null = null
  for (const line of lines) {
    const [, name = '', value = ''] = /^#\s*([A-Za-z]+)\s*=\s*(\S.*?)\s*$/.exec(line) ?? []
    if (name === '') break
    if (name.toLowerCase() === 'escape' && value === '`') escape = '`'
    if (name.toLowerCase() === 'syntax') syntax = value
  }
  return { escape, syntax }
}
