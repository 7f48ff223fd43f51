import { type ImageRef, parseImageRef } from '#lib/images/image-ref.ts'
import { AppError } from '../../errors.ts'

/** Where a reference leads: `busybox` is Docker Hub's `library/busybox`. */
export interface RegistryReference {
  /** As stored with the credentials: `docker.io` for Docker Hub. */
  address: string
  repository: string
  /** A tag or a digest; `latest` when neither is given. */
  reference: string
}

export const dockerHub = 'docker.io'

/**
 * Splits a reference as distribution/reference does: what stands before the first slash is a registry when it has a dot
 * or a colon or is localhost. Throws reference_invalid.
 */
export function registryReference(text: string): RegistryReference {
  const parsed: ImageRef | null = parseImageRef(text)
  if (!parsed) throw new AppError('reference_invalid', { detail: text.slice(0, 200) })
  const slash = parsed.repository.indexOf('/')
  const first = slash < 0 ? '' : parsed.repository.slice(0, slash)
  const named = first.includes('.') || first.includes(':') || first === 'localhost'
  const address = named ? canonicalAddress(first) : dockerHub
  const path = named ? parsed.repository.slice(slash + 1) : parsed.repository
  const repository = address === dockerHub && !path.includes('/') ? `library/${path}` : path
  return { address, repository, reference: parsed.digest ?? parsed.tag ?? 'latest' }
}

/** Docker Hub has three names; credentials and updates know it by one. */
export function canonicalAddress(address: string): string {
  const lower = address.toLowerCase()
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(lower) ? dockerHub : lower
}

/** The host that serves a registry's API. */
export function apiHost(address: string): string {
  return address === dockerHub ? 'registry-1.docker.io' : address
}
