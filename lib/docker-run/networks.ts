import type { ContainerSpec } from '../contracts/container-create.ts'
import { parseGoCsv } from './go-values.ts'

type Network = ContainerSpec['networks'][number]

/** `--network-alias` and `--ip` or `--ip6`, which are of a network that may come later in the line. */
export interface NetworkFlags {
  aliases: string[]
  ip: string
}

/** Puts a `--network` into the spec; false when it is none, else the parts that a spec has no place for. */
export function readNetwork(spec: ContainerSpec, text: string, podman: boolean): false | string[] {
  const found = podman ? podmanNetworks(text) : dockerNetwork(text)
  if (!found || found.networks.some(({ name }) => spec.networks.some((there) => there.name === name)))
    return false
  spec.networks.push(...found.networks)
  return found.rest
}

interface Found {
  networks: Network[]
  rest: string[]
}

/** A name, or CSV of `key=value` as soon as there is one in it (opts/network.go of the Docker CLI). */
function dockerNetwork(text: string): Found | null {
  if (!/\w=\w/.test(text))
    return text === '' ? null : { networks: [{ name: text, aliases: [], ip: '' }], rest: [] }
  return withOptions(parseGoCsv(text), { name: '', aliases: [], ip: '' })
}

/** `name:alias=a,ip=…`, or names with commas between (ParseNetworkFlag of Podman). */
function podmanNetworks(text: string): Found | null {
  const plain = /^(?:host|none|private|(?:container|ns|slirp4netns|pasta):.*)$/.test(text)
  const at = text.indexOf(':')
  if (text === '') return null
  if (plain || at < 0) {
    const names = plain ? [text] : text.split(',')
    if (names.includes('')) return null
    return { networks: names.map((name) => ({ name, aliases: [], ip: '' })), rest: [] }
  }
  return withOptions(text.slice(at + 1).split(','), { name: text.slice(0, at), aliases: [], ip: '' })
}

function withOptions(fields: readonly string[] | null, network: Network): Found | null {
  const rest: string[] = []
  for (const field of fields ?? []) {
    const at = field.indexOf('=')
    if (at < 0) return null
    const key = field.slice(0, at).trim().toLowerCase()
    const value = field.slice(at + 1).trim()
    if (key === 'name') network.name = value
    else if (key === 'alias') network.aliases.push(value)
    else if ((key === 'ip' || key === 'ip6') && network.ip === '') network.ip = value
    else rest.push(field)
  }
  return fields && network.name !== '' ? { networks: [network], rest } : null
}

/**
 * Gives `--network-alias` and `--ip` to the networks they are of: with Docker the first, with Podman all aliases to
 * each and an address only where there is one network. Returns what has no network, or says twice what a network says
 * itself, which the programs refuse.
 */
export function settleNetworks(
  spec: ContainerSpec,
  { podman, network: { aliases, ip } }: { podman: boolean; network: NetworkFlags },
): string[] {
  const wrong: string[] = []
  const [first] = spec.networks
  if (aliases.length > 0) {
    const takers = podman ? spec.networks : spec.networks.slice(0, 1)
    if (takers.length === 0 || (!podman && first && first.aliases.length > 0)) wrong.push('--network-alias')
    else for (const taker of takers) taker.aliases.push(...aliases)
  }
  if (ip !== '') {
    if (!first || first.ip !== '' || (podman && spec.networks.length > 1)) wrong.push('--ip')
    else first.ip = ip
  }
  return wrong
}
