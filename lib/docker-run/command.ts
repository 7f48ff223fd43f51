import type { EngineFlavour } from '../contracts/common.ts'
import type { Piece } from '../shell-words.ts'

export interface RunCommand {
  flavour: EngineFlavour
  /** What follows `run` or `create`. */
  words: Piece[]
  /** What stands before it and says more than "run this here": another host, another account, a variable. */
  around: Piece[]
}

/** Programs that run another one, with those of their options that take a word. */
const wrappers: Readonly<Record<string, RegExp>> = {
  sudo: /^(?:-[A-Za-z]*[CDghpRrTtUu]|--(?:chdir|chroot|close-from|group|host|prompt|role|type|user|other-user))$/,
  doas: /^-[uC]$/,
  env: /^(?:-[uCS]|--(?:unset|chdir|split-string))$/,
  nice: /^(?:-n|--adjustment)$/,
  time: /^-[fo]$/,
  exec: /^-a$/,
  command: /^$/,
  nohup: /^$/,
  '!': /^$/,
}

/** Options of the programs themselves that take a word. */
const globalValues: Readonly<Record<EngineFlavour, ReadonlySet<string>>> = {
  docker: new Set([
    '--config',
    '--context',
    '-c',
    '--host',
    '-H',
    '--log-level',
    '-l',
    '--tlscacert',
    '--tlscert',
    '--tlskey',
    '--namespace',
    '-n',
    '--address',
    '-a',
  ]),
  podman: new Set([
    '--cgroup-manager',
    '--config',
    '--conmon',
    '--connection',
    '-c',
    '--events-backend',
    '--hooks-dir',
    '--identity',
    '--imagestore',
    '--log-level',
    '--module',
    '--namespace',
    '--network-cmd-path',
    '--network-config-dir',
    '--out',
    '--root',
    '--runroot',
    '--runtime',
    '--runtime-flag',
    '--ssh',
    '--storage-driver',
    '--storage-opt',
    '--tmpdir',
    '--url',
    '--volumepath',
  ]),
}
const ownTalk = /^(?:--log-level|-l|--debug|-D)(?:=|$)/

/** Reads one simple command; null when it is no `run` or `create` of Docker or Podman. */
export function runCommandOf(words: readonly Piece[]): RunCommand | null {
  const around: Piece[] = []
  let index = 0
  const take = (from: number, count: number) => {
    const text = words.slice(from, from + count).map((word) => word.text)
    around.push({ text: text.join(' '), at: words[from]?.at ?? 0 })
  }
  for (; index < words.length; index++) {
    const { text } = words[index] as Piece
    const valued = wrappers[text]
    if (/^[A-Za-z_]\w*=/.test(text)) take(index, 1)
    else if (!valued) break
    else
      while (words[index + 1]?.text.startsWith('-')) {
        index++
        const isValued = valued.test(words[index]?.text ?? '')
        if (isValued) take(index++, 2)
      }
  }
  const program = /^(?:.*[/\\])?(docker|podman|podman-remote|nerdctl)(?:\.exe)?$/.exec(
    words[index]?.text ?? '',
  )
  if (!program) return null
  const flavour = program[1]?.startsWith('podman') ? 'podman' : 'docker'
  index++
  while (words[index]?.text.startsWith('-')) {
    const { text } = words[index] as Piece
    const count = globalValues[flavour].has(text) ? 2 : 1
    if (!ownTalk.test(text)) take(index, count)
    index += count
  }
  if (words[index]?.text === 'container') index++
  const verb = words[index]?.text
  if (verb !== 'run' && verb !== 'create') return null
  return { flavour, words: words.slice(index + 1), around }
}

/** A first word that is a program at the shell, and so never the image of a line that leaves `docker run` out. */
export function isProgram(words: readonly Piece[]): boolean {
  const first = words[0]?.text ?? ''
  return first in wrappers || /^(?:.*[/\\])?(?:docker|podman|nerdctl)(?:-compose|\.exe)?$/.test(first)
}
