import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { understood } from '../../engine/errors.ts'
import type { EngineClient } from '../../engine/types.ts'
import { createBody } from './create-body.ts'
import { dockerBody } from './docker-document.ts'
import type { ImageConfig, Inspected } from './inspected.ts'
import { withAddresses } from './libpod-again.ts'
import { type LibpodInspect, libpodExtras } from './libpod-document.ts'
import { specFromInspect } from './spec-from-inspect.ts'

/** A container as its engine has it, and as the form shows it. */
export interface Known {
  inspect: Inspected
  /** Of the image that it was made from; null when that is gone, and can't tell any more what came from it. */
  image: ImageConfig | null
  spec: ContainerSpec
  /** Podman's own document. */
  libpod: LibpodInspect | null
}

/** Throws container_not_found and what the engine answers. */
export async function readKnown(engine: EngineClient, id: string, signal: AbortSignal): Promise<Known> {
  const inspect = (await engine.containers.inspect(id, { signal })) as unknown as Inspected
  const found = await engine.images.inspect(inspect.Image, { signal }).catch(() => null)
  const image = (found?.Config ?? null) as ImageConfig | null
  const spec = understood(() => specFromInspect(inspect, image, engine.info?.flavour ?? 'docker'))
  if (engine.info?.flavour !== 'podman') return { inspect, image, spec, libpod: null }
  const libpod = (await engine.containers.inspectLibpod(id, { signal })) as unknown as LibpodInspect
  return { inspect, image, spec: understood(() => withAddresses(spec, libpodExtras(libpod))), libpod }
}

/** What a container has and its engine can't be told again, in the engine's own words. */
export function lostOf({ libpod }: Known): string[] {
  return libpod ? libpodExtras(libpod).lost : []
}

/** Fields of the body that the form has no word for, and that are not what every container has. */
export function keptOf(old: Known): string[] {
  if (old.libpod) return keptOnPodman(old.libpod)
  const [whole, said] = [dockerBody(old, old.spec), createBody(old.spec)]
  const host = Object.keys(whole.HostConfig).filter(
    (field) => !(field in said.HostConfig) && !isUsual(field, whole.HostConfig[field]),
  )
  const config = Object.keys(whole).filter((field) => !(field in said) && field !== 'NetworkingConfig')
  return [...config.filter((field) => !field.startsWith('Attach')), ...host]
}

/** What Docker and Podman write into every document. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  Runtime: ['runc', 'crun', 'oci'],
  CgroupnsMode: ['host', 'private'],
  IpcMode: ['private', 'shareable'],
  NetworkMode: ['default', 'bridge', 'podman'],
  ShmSize: [67_108_864, 65_536_000],
  PidMode: ['private'],
  UTSMode: ['private'],
  PidsLimit: [2048],
  MemorySwappiness: [0],
}

function isUsual(field: string, value: unknown): boolean {
  if (field === 'LogConfig' || field === 'Binds' || field === 'MemorySwap') return true
  return usual[field]?.includes(value) ?? false
}

function keptOnPodman(libpod: LibpodInspect): string[] {
  const { fields, told } = libpodExtras(libpod)
  const ofForm = ['network', 'ip', 'network-alias', 'volume', 'mount', 'publish-all', 'security-opt']
  const named = ['idmappings', 'secrets', 'image_volumes', 'dependencyContainers', 'annotations']
  const options = told.filter(({ name }) => !ofForm.includes(name)).map(({ name }) => `--${name}`)
  return [...new Set([...named.filter((field) => field in fields), ...options])]
}
