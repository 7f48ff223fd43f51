import type { Dockerfile } from '#lib/build/dockerfile.ts'
import type { HostSelector } from '#lib/contracts/access.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { AppError } from '../../errors.ts'
import { registryReference } from './reference.ts'

/** What of a host decides whether it gets accounts of registries. */
export interface AccountHost {
  id: string
  /**
   * Of its tags those that somebody gave it who may hand accounts out. Absent: its connection was set by somebody else, who
   * could lead it to themselves.
   */
  accountTags?: readonly string[]
}

/** Whether an account that is for these hosts goes to this one. */
export function isGivenTo(hosts: readonly HostSelector[], host: AccountHost | undefined): boolean {
  const tags = host?.accountTags
  if (!tags) return false
  return hosts.some(
    (selector) =>
      selector.kind === 'all' ||
      (selector.kind === 'host' ? selector.hostId === host.id : tags.includes(selector.tag)),
  )
}

/** What a host is told for one image: its registry's account, if it is given that. */
export interface HostAccount {
  /** X-Registry-Auth. Undefined: it asks as nobody. */
  auth: string | undefined
  /** Whether there is an account that this host is not given. */
  isWithheld: boolean
}

const refusals = ['pull_denied', 'push_denied', 'pull_not_found', 'pull_failed', 'push_failed']

/**
 * Pulls or pushes with the account that a host is given. Throws registry_account_withheld in place of the registry's
 * refusal where there is an account that the host is not given.
 */
export async function withAccount<T>(
  registries: { accountFor(reference: string, hostId: string): Promise<HostAccount> },
  { reference, hostId }: { reference: string; hostId: string },
  transfer: (registryAuth: string | undefined) => Promise<T>,
): Promise<T> {
  const { auth, isWithheld } = await registries.accountFor(reference, hostId)
  try {
    return await transfer(auth)
  } catch (error) {
    if (!isWithheld || !(error instanceof AppError) || !refusals.includes(error.code)) throw error
    const params = { ...error.context.params, registry: registryReference(reference).address }
    throw new AppError('registry_account_withheld', { ...error.context, params, cause: error })
  }
}

/**
 * The images that a build reads, as its Dockerfile names them, with variables by the build's arguments and the file's
 * own defaults. What cannot be told is left out: an account is sent for what is named and nothing else.
 * @param dockerfile null where it has not been read, as of a remote context.
 */
export function imagesOfBuild(
  dockerfile: Dockerfile | null,
  given: Readonly<Record<string, string>>,
): string[] {
  if (!dockerfile) return []
  const values = new Map(dockerfile.args.map(({ name, value }) => [name, given[name] ?? value]))
  const resolved = (text: string): string =>
    text.replaceAll(
      /\$(?:\{(\w+)(?::?-([^}$]*))?\}|(\w+))/g,
      (whole, braced?: string, otherwise?: string, bare?: string) =>
        values.get(braced ?? bare ?? '') || (otherwise ?? whole),
    )
  return [...dockerfile.images, ...(dockerfile.syntax === null ? [] : [dockerfile.syntax])]
    .map((image) => resolved(resolved(image)))
    .filter((image) => parseImageRef(image) !== null)
}
