import { createHash } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'
import type { NamePage } from '#lib/contracts/registries.ts'
import { AppError } from '../errors.ts'
import { explainError } from '../transport/explain.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { apiHost } from './reference.ts'

/** How to reach a registry, with its password in the clear. Lives in memory only. */
export interface RegistryEndpoint {
  address: string
  scheme: 'https' | 'http'
  ca?: string
  username?: string
  password?: string
}

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
  /** The digest that a tag has now, without reading the manifest. Null when there is no such tag. */
  digestOf(repository: string, reference: string, signal?: AbortSignal): Promise<string | null>
  /** Verified against its digest. Throws repository_not_found. */
  manifest(repository: string, reference: string, signal?: AbortSignal): Promise<FoundManifest>
  /** A small JSON blob (an image's configuration), verified against its digest. */
  configuration(repository: string, digest: string, signal?: AbortSignal): Promise<Record<string, unknown>>
  close(): Promise<void>
}

const timeoutMs = 15_000
/** The specification's limit for manifests; lists of tags are longer. */
const limits = { manifest: 4 * 1024 * 1024, list: 16 * 1024 * 1024 }

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** @param dispatcher for tests; else one of our own, with the endpoint's authority. */
export function createRegistryClient(endpoint: RegistryEndpoint, dispatcher?: Dispatcher): RegistryClient {
  const agent =
    dispatcher ??
    new Agent({ connect: { ...(endpoint.ca ? { ca: endpoint.ca } : {}), timeout: 5000 }, connections: 8 })
  const { address } = endpoint
  const origin = `${endpoint.scheme}://${apiHost(address)}`
  const params = { registry: address }
  const [name = '', portText] = apiHost(address).split(/:(?=\d+$)/)
  const where = { host: name, port: Number(portText ?? (endpoint.scheme === 'https' ? 443 : 80)) }
  /** Bearer tokens by scope, until shortly before their end. */
  const tokens = new Map<string, { token: string; until: number }>()
  let basic = false

  const send = async (
    method: 'GET' | 'HEAD',
    url: URL,
    headers: Record<string, string>,
    limit: number,
    signal?: AbortSignal,
  ): Promise<Answer> => {
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const answer = await agent.request({
        ...{ origin: url.origin, path: url.pathname + url.search, method, headers },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
      const chunks: Buffer[] = []
      let length = 0
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        length += chunk.length
        if (length > limit) throw invalid(`An answer of more than ${limit} bytes`)
        chunks.push(chunk)
      }
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: Buffer.concat(chunks).toString('utf8'),
      }
    } catch (error) {
      if (error instanceof AppError) throw error
      if (timeout.aborted && !signal?.aborted) {
        throw new AppError('connection_timed_out', { params: { ...params, ...where }, cause: error })
      }
      throw explainError(error, where)
    }
  }
  const invalid = (detail: string, cause?: unknown) =>
    new AppError('not_a_registry', { params, detail, cause })
  const account = () =>
    `Basic ${Buffer.from(`${endpoint.username}:${endpoint.password ?? ''}`).toString('base64')}`

  const tokenFor = async (challenge: Challenge, signal?: AbortSignal): Promise<string> => {
    const realm = readUrl(challenge.parameters.realm ?? '')
    // A password given for a registry over HTTPS must not leave in the clear because the registry says so.
    if (!realm || (realm.protocol !== 'https:' && endpoint.scheme === 'https')) {
      throw invalid(`The sign-in address is ${challenge.parameters.realm ?? 'missing'}`)
    }
    for (const key of ['service', 'scope'] as const) {
      const value = challenge.parameters[key]
      if (value) realm.searchParams.set(key, value)
    }
    const headers = endpoint.username ? { authorization: account() } : undefined
    const answer = await send('GET', realm, headers ?? {}, limits.manifest, signal)
    if (answer.status === 401 || answer.status === 403) throw refused(answer)
    const found = parse(answer.text) as { token?: unknown; access_token?: unknown; expires_in?: unknown }
    const token = found.token ?? found.access_token
    if (answer.status !== 200 || typeof token !== 'string') throw invalid(answer.text.slice(0, 200))
    const seconds = typeof found.expires_in === 'number' ? found.expires_in : 60
    tokens.set(challenge.parameters.scope ?? '', { token, until: Date.now() + (seconds - 10) * 1000 })
    return token
  }
  const refused = (answer: Answer) =>
    new AppError(endpoint.username ? 'registry_login_refused' : 'registry_login_needed', {
      params,
      detail: messageOf(answer.text),
    })
  const parse = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw invalid(text.slice(0, 200), cause)
    }
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
    let answer = await send(method, url, headers, limit, signal)
    if (answer.status === 401) {
      const challenges = parseChallenges(String(answer.headers['www-authenticate'] ?? ''))
      const bearer = challenges.find((challenge) => challenge.scheme === 'bearer')
      if (bearer) {
        if (scope) bearer.parameters.scope ??= scope
        const authorization = `Bearer ${await tokenFor(bearer, signal)}`
        answer = await send(method, url, { ...headers, authorization }, limit, signal)
      } else if (challenges.some((challenge) => challenge.scheme === 'basic') && endpoint.username) {
        answer = await send(method, url, { ...headers, authorization: account() }, limit, signal)
        basic = answer.status !== 401
      }
    }
    if (answer.status === 401) throw refused(answer)
    if (answer.status === 403)
      throw new AppError('registry_denied', { params, detail: messageOf(answer.text) })
    if (answer.status === 429) {
      const wait = Number(answer.headers['retry-after'])
      throw new AppError('registry_limited', {
        params: { ...params, ...(wait > 0 ? { seconds: wait } : {}) },
        detail: messageOf(answer.text),
      })
    }
    if (answer.status >= 500) {
      throw new AppError('registry_failed', {
        params: { ...params, status: answer.status },
        detail: messageOf(answer.text),
      })
    }
    return answer
  }
  const names = async (
    path: string,
    key: 'repositories' | 'tags',
    page: { n: number; last?: string },
    scope: string,
    signal?: AbortSignal,
  ): Promise<{ answer: Answer; page: NamePage }> => {
    const query = new URLSearchParams({ n: String(page.n), ...(page.last ? { last: page.last } : {}) })
    const answer = await ask(`${path}?${query}`, { scope, signal })
    if (answer.status !== 200) return { answer, page: { items: [], next: null } }
    const found = (parse(answer.text) as Record<string, unknown>)[key] ?? []
    if (!Array.isArray(found) || !found.every((item): item is string => typeof item === 'string')) {
      throw invalid(answer.text.slice(0, 200))
    }
    const more = /[?&]last=([^&>]+)[^>]*>;\s*rel="?next"?/.exec(String(answer.headers.link ?? ''))?.[1]
    return { answer, page: { items: found, next: more ? decodeURIComponent(more) : null } }
  }
  const pullScope = (repository: string) => `repository:${repository}:pull`
  const notFound = (repository: string, reference: string, detail: string) =>
    new AppError('repository_not_found', { params: { ...params, repository, reference }, detail })

  return {
    async check(signal) {
      const answer = await ask('/v2/', { signal })
      if (answer.status !== 200) throw invalid(`${answer.status} ${answer.text.slice(0, 200)}`)
    },
    async repositories(page, signal) {
      const { answer, page: found } = await names(
        '/v2/_catalog',
        'repositories',
        page,
        'registry:catalog:*',
        signal,
      ).catch((error) => {
        const hidden = ['registry_login_needed', 'registry_login_refused', 'registry_denied']
        if (!(error instanceof AppError) || !hidden.includes(error.code)) throw error
        throw new AppError('registry_no_catalog', { params, detail: error.context.detail, cause: error })
      })
      if (answer.status !== 200)
        throw new AppError('registry_no_catalog', { params, detail: messageOf(answer.text) })
      return found
    },
    async tags(repository, page, signal) {
      const path = `/v2/${repository}/tags/list`
      const { answer, page: found } = await names(path, 'tags', page, pullScope(repository), signal)
      if (answer.status !== 200) throw notFound(repository, '', messageOf(answer.text))
      return found
    },
    async digestOf(repository, reference, signal) {
      const path = `/v2/${repository}/manifests/${reference}`
      const options = { accept: manifestTypes, scope: pullScope(repository), signal }
      const answer = await ask(path, { method: 'HEAD', ...options })
      if (answer.status === 404) return null
      const digest = answer.headers['docker-content-digest']
      if (answer.status === 200 && typeof digest === 'string' && isDigest(digest)) return digest
      // The header is only a SHOULD of the specification.
      const full = await ask(path, { ...options, limit: limits.manifest })
      if (full.status === 404) return null
      return sha256(full.text)
    },
    async manifest(repository, reference, signal) {
      const answer = await ask(`/v2/${repository}/manifests/${reference}`, {
        ...{ accept: manifestTypes, scope: pullScope(repository), limit: limits.manifest, signal },
      })
      if (answer.status !== 200) throw notFound(repository, reference, messageOf(answer.text))
      const digest = sha256(answer.text)
      const told = answer.headers['docker-content-digest']
      const wanted = isDigest(reference)
        ? reference
        : typeof told === 'string' && isDigest(told)
          ? told
          : digest
      if (digest !== wanted) throw invalid(`The manifest ${wanted} has the digest ${digest}`)
      const body = parse(answer.text) as Record<string, unknown>
      const mediaType = body.mediaType ?? String(answer.headers['content-type'] ?? '').split(';')[0]
      return { digest, mediaType: String(mediaType), body }
    },
    async configuration(repository, digest, signal) {
      if (!isDigest(digest)) throw invalid(`Not a digest: ${digest.slice(0, 100)}`)
      const scope = pullScope(repository)
      let answer = await ask(`/v2/${repository}/blobs/${digest}`, { scope, limit: limits.manifest, signal })
      const location = answer.headers.location
      if (answer.status >= 300 && answer.status < 400 && typeof location === 'string') {
        // Blobs often lie in a store elsewhere; our credentials are not for it.
        const target = new URL(location, origin)
        if (target.protocol === 'http:' && endpoint.scheme === 'https')
          throw invalid(`A redirect to ${target.origin}`)
        answer = await send('GET', target, {}, limits.manifest, signal)
      }
      if (answer.status !== 200) throw notFound(repository, digest, messageOf(answer.text))
      if (sha256(answer.text) !== digest) throw invalid(`The blob ${digest} has another digest`)
      return parse(answer.text) as Record<string, unknown>
    },
    close: async () => {
      if (!dispatcher) await agent.destroy()
    },
  }
}

const isDigest = (text: string) => /^sha256:[0-9a-f]{64}$/.test(text)
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

function readUrl(text: string): URL | null {
  try {
    const url = new URL(text)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : null
  } catch {
    return null
  }
}

/** The registry's own words: `{"errors":[{"code","message","detail"}]}`, or what it sent instead. */
function messageOf(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: string; message?: string }[] }
    const first = errors?.[0]
    if (first) return [first.code, first.message].filter(Boolean).join(': ').slice(0, 500)
  } catch {
    // Not JSON: as it is.
  }
  return text.slice(0, 500)
}
