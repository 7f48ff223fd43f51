import type { Judged } from './docker-create-options.ts'

/** Long options that a command tells of itself in `create --help`. */
export function optionsOf(help: string): string[] {
  return [...help.matchAll(/^ +(?:-\w, )?(--[a-z0-9-]+)/gm)].map(([, option]) => option as string)
}

/** The words of a group: `--option=value` for each value of it that a command has the option of. */
export function wordsOf(
  table: Readonly<Record<string, Judged>>,
  known: readonly string[],
  group: string,
  names: Readonly<Record<string, string>>,
): string[] {
  const pattern = new RegExp(`\\b(?:${Object.keys(names).join('|')})\\b`, 'g')
  return Object.entries(table).flatMap(([option, judged]) => {
    const values = (judged as Record<string, readonly string[]>)[group]
    if (!known.includes(option) || !Array.isArray(values)) return []
    return values.map((value) =>
      value === ''
        ? option
        : `${option}=${value.replaceAll(pattern, (name: string) => names[name] as string)}`,
    )
  })
}

type Document = Record<string, unknown>

/** Of a document, what is of this one container and not of how it was made. */
const itsOwn = [
  'Id',
  'Created',
  'State',
  'ResolvConfPath',
  'HostnamePath',
  'HostsPath',
  'LogPath',
  'GraphDriver',
  'ExecIDs',
  'RestartCount',
  'StaticDir',
  'OCIConfigPath',
  'ConmonPidFile',
  'PidFile',
  'SandboxID',
  'SandboxKey',
  'Ports',
  'EndpointID',
  'Gateway',
  'IPAddress',
  'IPPrefixLen',
  'IPv6Gateway',
  'GlobalIPv6Address',
  'NetworkID',
  'GlobalIPv6PrefixLen',
  'lowerNames',
  'SecondaryIPAddresses',
  'SecondaryIPv6Addresses',
  'DNSNames',
  'lockNumber',
  'CreateCommand',
]

/** A document that can be compared with that of another container: ids are words, order says nothing. */
export function comparable(document: object): unknown {
  const { Id } = document as { Id: string }
  const text = JSON.stringify(document).replaceAll(Id, 'its-id').replaceAll(Id.slice(0, 12), 'its-short-id')
  return strip(JSON.parse(text), '')
}

function strip(value: unknown, field: string): unknown {
  if (Array.isArray(value)) {
    const items = value
      // A volume without a name goes over by the name that the engine gave it.
      .filter((item) => !(field === 'Binds' && /^[0-9a-f]{64}:/.test(String(item))))
      .map((item) => strip(item, ''))
    if (['Cmd', 'Entrypoint', 'Args', 'Test', 'Dns', 'DnsSearch'].includes(field)) return items
    return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  // What an engine chose: a port for -P; and Podman's two words for no limit.
  if (field === 'HostPort' && Number(value) >= 32_768) return 'chosen'
  if (field === 'PidsLimit' && value === -1) return 0
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as Document)
    .filter(([key]) => !itsOwn.includes(key) && !/^io\.(?:podman|kubernetes|container)\./.test(key))
    .map(([key, of]) => [key, strip(of, key)] as const)
    .filter(([key, of]) => !isNothing(key, of))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const stripped = Object.fromEntries(entries)
  // A volume without a name is in the document with the options of one that has none.
  if (/^[0-9a-f]{64}$/.test(String(stripped.Name)))
    for (const key of ['Mode', 'Options', 'Propagation']) delete stripped[key]
  if (/^[0-9a-f]{64}$/.test(String(stripped.Source))) delete stripped.Source
  return stripped
}

/** Engines write null, nothing and empty lists for the same, but for paths that they mask by themselves. */
function isNothing(field: string, value: unknown): boolean {
  if (/^(?:Masked|Readonly)Paths$/.test(field)) return value === null
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === null || value === undefined
}
