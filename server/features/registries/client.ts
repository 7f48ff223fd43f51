import type { NamePage } from '#lib/contracts/registries.ts'
import { AppError } from '../../errors.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import {
  type Answer,
  createExchange,
  isDigest,
  messageOf,
  type RegistryEndpoint,
  readUrl,
  sha256,
  typeOf,
} from './exchange.ts'
import { pageAfter } from './link.ts'

export interface FoundManifest {
  digest: string
  mediaType: string
  body: Record<string, unknown>
}

/** One registry by the distribution API (distribution/spec, v2). Every method throws AppError naming the registry. */
export interface RegistryClient {
  /** Signs in where that is asked for. Throws registry_login_needed, registry_login_refused, not_a_registry. */
  check(signal?: AbortSignal): Promise<void>
  /** Throws registry_no_catalog where the registry lists no repositories (Docker Hub, ghcr.io). */
  repositories(page: { n: number; last?: string }, signal?: AbortSignal): Promise<NamePage>
  tags(repository: string, page: { n: number; last?: string }, signal?: AbortSignal): Promise<NamePage>
  /**
   * The digest that a tag has now, if possible without reading the manifest. Null when there is no such tag. A page of a
   * proxy or an error under a 200 is no digest: throws not_a_registry.
   */
  digestOf(repository: string, reference: string, signal?: AbortSignal): Promise<string | null>
  /** Verified against its digest. Throws repository_not_found, not_a_registry. */
  manifest(repository: string, reference: string, signal?: AbortSignal): Promise<FoundManifest>
  /** A small JSON blob (an image's configuration), verified against its digest. */
  configuration(repository: string, digest: string, signal?: AbortSignal): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** Bytes. The specification's limit for manifests; lists of tags are longer. */
const limits = { manifest: 4 * 1024 * 1024, list: 16 * 1024 * 1024 }
const mostTokens = 1000

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** Throws not_a_registry for an address that is none. */
export function createRegistryClient(endpoint: RegistryEndpoint): RegistryClient {
  const exchange = createExchange(endpoint)
  const { origin, invalid, send } = exchange
  const params = { registry: endpoint.address }
  /** Bearer tokens by scope, until shortly before their end. */
  const tokens = new Map<string, { token: string; until: number }>()
  let basic = false

  const account = () =>
    `Basic ${Buffer.from(`${endpoint.username}:${endpoint.password ?? ''}`).toString('base64')}`
  const words = (answer: Answer) => `${answer.status} ${typeOf(answer)} ${messageOf(answer).slice(0, 200)}`

  const tokenFor = async (challenge: Challenge, scope: string, signal?: AbortSignal): Promise<string> => {
    const url = readUrl(challenge.parameters.realm ?? '')
    // A password given for a registry over HTTPS must not leave in the clear because the registry says so.
    if (!url || (url.protocol !== 'https:' && endpoint.scheme === 'https')) {
      throw invalid(`The sign-in address is ${challenge.parameters.realm?.slice(0, 200) ?? 'missing'}`)
    }
    for (const key of ['service', 'scope'] as const) {
      const value = challenge.parameters[key]
      if (value) url.searchParams.set(key, value)
    }
    const headers: Record<string, string> = endpoint.username ? { authorization: account() } : {}
    const answer = await send({ method: 'GET', url, headers, limit: limits.manifest, signal })
    if (answer.status === 401 || answer.status === 403) throw refused(answer)
    refuseFailure(answer)
    if (answer.status !== 200) throw invalid(words(answer))
    const found = parse(answer)
    const token = found.token ?? found.access_token
    // Not its text: another form of token may be in it.
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw invalid('A sign-in without a token')
    const seconds = typeof found.expires_in === 'number' ? found.expires_in : 60
    if (tokens.size >= mostTokens) tokens.clear()
    tokens.set(scope, { token, until: Date.now() + (seconds - 10) * 1000 })
    return token
  }
  const refused = (answer: Answer) =>
    new AppError(endpoint.username ? 'registry_login_refused' : 'registry_login_needed', {
      params,
      detail: messageOf(answer),
    })
  /** What a registry may say to any request. */
  const refuseFailure = (answer: Answer) => {
    if (answer.status === 429) {
      const wait = Number(answer.headers['retry-after'])
      throw new AppError('registry_limited', {
        params: { ...params, ...(wait > 0 ? { seconds: wait } : {}) },
        detail: messageOf(answer),
      })
    }
    if (answer.status >= 500) {
      throw new AppError('registry_failed', {
        params: { ...params, status: answer.status },
        detail: messageOf(answer),
      })
    }
  }
  const parse = (answer: Answer): Record<string, unknown> => {
    let found: unknown
    try {
      found = JSON.parse(answer.bytes.toString('utf8'))
    } catch (cause) {
      throw invalid(words(answer), cause)
    }
    if (typeof found !== 'object' || found === null || Array.isArray(found)) throw invalid(words(answer))
    return found as Record<string, unknown>
  }

  /** One request, signed in as the registry demands: unasked first, then by its challenge. */
  const ask = async (
    path: string,
    options: {
      method?: 'GET' | 'HEAD'
      scope?: string
      accept?: string
      limit?: number
      signal?: AbortSignal
    },
  ): Promise<Answer> => {
    const { method = 'GET', scope = '', accept, limit = limits.list, signal } = options
    const known = tokens.get(scope)
    const headers: Record<string, string> = {
      ...(accept ? { accept } : {}),
      ...(basic ? { authorization: account() } : {}),
      ...(known && known.until > Date.now() ? { authorization: `Bearer ${known.token}` } : {}),
    }
    const url = new URL(path, origin)
    const request = { method, url, headers, limit, signal }
    let answer = await send(request)
    // A place that we were sent to may refuse us; it is not told who we are.
    if (answer.status === 401 && answer.origin === origin) {
      const challenges = parseChallenges(String(answer.headers['www-authenticate'] ?? ''))
      const bearer = challenges.find((challenge) => challenge.scheme === 'bearer')
      if (bearer) {
        if (scope) bearer.parameters.scope ??= scope
        const authorization = `Bearer ${await tokenFor(bearer, scope, signal)}`
        answer = await send({ ...request, headers: { ...headers, authorization } })
      } else if (challenges.some((challenge) => challenge.scheme === 'basic') && endpoint.username) {
        answer = await send({ ...request, headers: { ...headers, authorization: account() } })
        basic = answer.status !== 401
      }
    }
    if (answer.status === 401) throw refused(answer)
    if (answer.status === 403) throw new AppError('registry_denied', { params, detail: messageOf(answer) })
    refuseFailure(answer)
    return answer
  }
  const names = async (
    path: string,
    key: 'repositories' | 'tags',
    page: { n: number; last?: string },
    scope: string,
    signal?: AbortSignal,
  ): Promise<NamePage | Answer> => {
    const query = new URLSearchParams({ n: String(page.n), ...(page.last ? { last: page.last } : {}) })
    const asked = path + (page.last?.startsWith('?') ? page.last : `?${query}`)
    const answer = await ask(asked, { scope, signal })
    if (answer.status !== 200) return answer
    // Null of a repository whose tags are gone.
    const items = parse(answer)[key] ?? []
    if (!Array.isArray(items) || !items.every((item): item is string => typeof item === 'string'))
      throw invalid(words(answer))
    return { items, next: pageAfter(answer.headers.link, new URL(asked, origin)) }
  }
  const pullScope = (repository: string) => `repository:${repository}:pull`
  const notFound = (repository: string, reference: string, answer: Answer) =>
    new AppError('repository_not_found', {
      params: { ...params, repository, reference },
      detail: messageOf(answer),
    })
  const askManifest = async (
    method: 'GET' | 'HEAD',
    repository: string,
    reference: string,
    signal?: AbortSignal,
  ): Promise<Answer> => {
    const answer = await ask(`/v2/${repository}/manifests/${reference}`, {
      method,
      accept: manifestTypes.join(', '),
      scope: pullScope(repository),
      limit: limits.manifest,
      signal,
    })
    // A proxy's page about a registry that is not there is not the registry's word about an image.
    if (answer.status === 404 && typeOf(answer) !== 'text/html') return answer
    if (answer.status !== 200) throw invalid(words(answer))
    return answer
  }
  const readManifest = (answer: Answer, reference: string): FoundManifest => {
    const digest = sha256(answer.bytes)
    const body = parse(answer)
    const mediaType = [body.mediaType, typeOf(answer)].find((type) => manifestTypes.includes(String(type)))
    if (mediaType === undefined || body.schemaVersion !== 2) throw invalid(words(answer))
    const told = answer.headers['docker-content-digest']
    for (const wanted of [reference, told])
      if (isDigest(wanted) && wanted !== digest)
        throw invalid(`The manifest ${wanted} has the digest ${digest}`)
    return { digest, mediaType: String(mediaType), body }
  }

  return {
    async check(signal) {
      const answer = await ask('/v2/', { signal })
      if (answer.status !== 200) throw invalid(words(answer))
    },
    async repositories(page, signal) {
      const found = await names('/v2/_catalog', 'repositories', page, 'registry:catalog:*', signal).catch(
        (error) => {
          const hidden = ['registry_login_needed', 'registry_login_refused', 'registry_denied']
          if (!(error instanceof AppError) || !hidden.includes(error.code)) throw error
          throw new AppError('registry_no_catalog', { params, detail: error.context.detail, cause: error })
        },
      )
      if ('status' in found) throw new AppError('registry_no_catalog', { params, detail: messageOf(found) })
      return found
    },
    async tags(repository, page, signal) {
      const found = await names(`/v2/${repository}/tags/list`, 'tags', page, pullScope(repository), signal)
      if ('status' in found) throw notFound(repository, '', found)
      return found
    },
    async digestOf(repository, reference, signal) {
      const head = await askManifest('HEAD', repository, reference, signal).catch(refusedHead)
      const told = head?.headers['docker-content-digest']
      if (head?.status === 200 && isDigest(told) && manifestTypes.includes(typeOf(head))) return told
      // The header is only a SHOULD of the specification, and some registries have no HEAD: 405, or a 404 for all there is.
      const full = await askManifest('GET', repository, reference, signal)
      return full.status === 404 ? null : readManifest(full, reference).digest
    },
    async manifest(repository, reference, signal) {
      const answer = await askManifest('GET', repository, reference, signal)
      if (answer.status === 404) throw notFound(repository, reference, answer)
      return readManifest(answer, reference)
    },
    async configuration(repository, digest, signal) {
      if (!isDigest(digest)) throw invalid(`Not a digest: ${String(digest).slice(0, 100)}`)
      const options = { scope: pullScope(repository), limit: limits.manifest, signal }
      const answer = await ask(`/v2/${repository}/blobs/${digest}`, options)
      if (answer.status === 404) throw notFound(repository, digest, answer)
      if (answer.status !== 200) throw invalid(words(answer))
      if (sha256(answer.bytes) !== digest) throw invalid(`The blob ${digest} has another digest`)
      return parse(answer)
    },
    close: exchange.close,
  }
}

/** Null where a HEAD was refused as such: what GET says counts. */
function refusedHead(error: unknown): null {
  const refusals = ['not_a_registry', 'registry_denied', 'registry_failed']
  if (error instanceof AppError && refusals.includes(error.code)) return null
  throw error
}
