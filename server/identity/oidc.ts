import type { ClientAuth, Configuration, CustomFetch } from 'openid-client'
import { AppError } from '../errors.ts'
import { isLoopback, type OidcSettings } from '../oidc-settings.ts'
import type { Tickets } from './tickets.ts'

/** Who the provider says it is. */
export interface OidcPerson {
  issuer: string
  subject: string
  email: string
  emailVerified: boolean
  name: string
  /** Names of the roles of their groups, in the order of the configuration. */
  roles: readonly string[]
}

/** Somebody signed in, and what they are sent to the provider for. */
export interface AskingSession {
  sessionId: string
  linking: boolean
}

export interface Oidc {
  /** On the button. */
  name: string
  issuer: string
  /** Where the browser goes, and the cookie that remembers why. `by` a session: to prove it anew, or to link its person. */
  begin(redirectUri: string, by?: AskingSession): Promise<{ url: string; cookie: string }>
  /**
   * With what the provider sent the browser back with, for what the browser was sent there. Throws oidc_refused,
   * oidc_unreachable, oidc_no_email, sign_in_step_over.
   */
  finish(query: string, headers: Headers): Promise<{ person: OidcPerson; by: AskingSession | null }>
  /** Where the browser signs out of the provider, too; null where the provider has no such place. */
  signOutUrl(returnTo: string): Promise<string | null>
}

const timeoutSeconds = 10
/** Milliseconds for which the provider's own description is taken as it was. */
const knownMs = 60 * 60_000
/** Milliseconds that the provider's clock may be behind. */
const skewMs = 60_000

const library = () => import('openid-client')

/**
 * OpenID Connect as a confidential client: code flow with PKCE, state and nonce, checked by openid-client (which also
 * checks RFC 9207's `iss`), and the ID token's signature. Addresses come from the configured issuer's own description and
 * from nowhere else: nobody who signs in names one (GHSA-5rr4-8452-hf4v).
 */
export function createOidc(settings: OidcSettings, tickets: Tickets): Oidc {
  const plainAllowed = settings.issuer.protocol === 'http:'
  const fetchSafely: CustomFetch = (address, options) => {
    const url = new URL(address)
    if (url.protocol !== 'https:' && !(plainAllowed && isLoopback(url)))
      throw new TypeError(`${url.origin} is not asked without TLS`)
    return fetch(address, options as RequestInit)
  }
  let known: { configuration: Configuration; until: number } | null = null
  const provider = async () => {
    const oidc = await library()
    // HTTP Basic where the provider takes it, which is also what not saying means (OpenID Connect Discovery, 3).
    const authenticate: ClientAuth = (server, ...rest) => {
      const { token_endpoint_auth_methods_supported: ways = ['client_secret_basic'] } = server
      const basic = ways.includes('client_secret_basic')
      const way = basic ? oidc.ClientSecretBasic : oidc.ClientSecretPost
      way(settings.clientSecret)(server, ...rest)
    }
    if (!known || known.until < Date.now()) {
      const configuration = await oidc
        .discovery(settings.issuer, settings.clientId, undefined, authenticate, {
          [oidc.customFetch]: fetchSafely,
          timeout: timeoutSeconds,
          // Of a token that came straight from the provider the signature is left unchecked otherwise.
          execute: [oidc.enableNonRepudiationChecks, ...(plainAllowed ? [oidc.allowInsecureRequests] : [])],
        })
        .catch((cause: unknown) => {
          throw new AppError('oidc_unreachable', { detail: (cause as Error).message, cause })
        })
      known = { configuration, until: Date.now() + knownMs }
    }
    return { oidc, configuration: known.configuration }
  }
  const rolesOf = (groups: unknown): string[] => {
    const given = Array.isArray(groups) ? groups : [groups]
    return settings.roles.filter(({ group }) => given.includes(group)).map(({ role }) => role)
  }

  return {
    name: settings.name,
    issuer: settings.issuer.href,
    async begin(redirectUri, by) {
      const { oidc, configuration } = await provider()
      const verifier = oidc.randomPKCECodeVerifier()
      const [state, nonce] = [oidc.randomState(), oidc.randomNonce()]
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: settings.scope,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        // A proof is no proof when the provider remembers them, nor is it meant when nobody is asked for whom to link.
        ...(by ? { prompt: 'login', max_age: '0' } : {}),
      })
      const bound = by ? { sessionId: by.sessionId, ...(by.linking ? { linking: true as const } : {}) } : {}
      const since = Date.now()
      const cookie = tickets.give('oidc', { verifier, state, nonce, redirectUri, since, ...bound })
      return { url: url.href, cookie }
    },

    async finish(query, headers) {
      const begun = await tickets.spend('oidc', headers)
      if (!begun) throw new AppError('sign_in_step_over')
      const { oidc, configuration } = await provider()
      const refuse = (cause: unknown) => {
        const { error_description: told, message } = cause as { error_description?: string; message: string }
        return new AppError('oidc_refused', { detail: told ?? message, cause })
      }
      const tokens = await oidc
        .authorizationCodeGrant(configuration, new URL(`${begun.redirectUri}?${query}`), {
          pkceCodeVerifier: begun.verifier,
          expectedState: begun.state,
          expectedNonce: begun.nonce,
          idTokenExpected: true,
        })
        .catch((cause: unknown) => {
          throw refuse(cause)
        })
      let claims: Record<string, unknown> = { ...tokens.claims() }
      const subject = String(claims.sub)
      if (begun.sessionId !== undefined && Number(claims.auth_time) * 1000 < begun.since - skewMs)
        throw new AppError('oidc_refused', { detail: 'The provider did not ask again.' })
      const told = claims[settings.groupsClaim] !== undefined && claims.email !== undefined
      if (!told && configuration.serverMetadata().userinfo_endpoint) {
        const more = await oidc
          .fetchUserInfo(configuration, tokens.access_token, subject)
          .catch((cause: unknown) => {
            throw refuse(cause)
          })
        claims = { ...more, ...claims }
      }
      const roles = rolesOf(claims[settings.groupsClaim])
      const email = typeof claims.email === 'string' ? claims.email.toLowerCase() : ''
      if (!email.includes('@') || email.length > 254) throw new AppError('oidc_no_email')
      const name = [claims.name, claims.preferred_username, email].find(
        (each) => typeof each === 'string' && each,
      )
      return {
        person: {
          issuer: settings.issuer.href,
          subject,
          email,
          roles,
          emailVerified: claims.email_verified === true,
          name: String(name).slice(0, 80),
        },
        by:
          begun.sessionId === undefined
            ? null
            : { sessionId: begun.sessionId, linking: begun.linking === true },
      }
    },

    async signOutUrl(returnTo) {
      const { oidc, configuration } = await provider()
      if (!configuration.serverMetadata().end_session_endpoint) return null
      return oidc.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo }).href
    },
  }
}
