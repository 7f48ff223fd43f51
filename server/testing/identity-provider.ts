import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

export interface ProvidersPerson {
  email: string
  email_verified: boolean
  name?: string
  groups: string[]
}

export const clientOfTests = { id: 'roadstead', secret: randomBytes(24).toString('hex') }
const scope = 'openid profile email groups'

/** A real OpenID provider on a socket of its own. Its sign-in form takes any of `people` by their key, and any password. */
export async function startIdentityProvider(people: Record<string, ProvidersPerson>) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    issuer,
    /** The settings that Roadstead needs for it. */
    environment: {
      ROADSTEAD_OIDC_ISSUER: issuer,
      ROADSTEAD_OIDC_CLIENT_ID: clientOfTests.id,
      ROADSTEAD_OIDC_CLIENT_SECRET: clientOfTests.secret,
      ROADSTEAD_OIDC_SCOPES: scope,
      ROADSTEAD_OIDC_NAME: 'Example ID',
      ROADSTEAD_OIDC_ROLES: 'ops=administrator, dev=operator, staff=viewer',
    },
    /** Answers from now on, and sends browsers back to this origin alone. */
    serve(origin: string) {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: clientOfTests.id,
            client_secret: clientOfTests.secret,
            redirect_uris: [`${origin}/oidc`],
            post_logout_redirect_uris: [`${origin}/login`],
          },
        ],
        jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'one' }] },
        cookies: { keys: [randomBytes(24).toString('hex')] },
        pkce: { required: () => true },
        scopes: scope.split(' '),
        claims: {
          openid: ['sub'],
          email: ['email', 'email_verified'],
          profile: ['name'],
          groups: ['groups'],
        },
        findAccount: async (_context: unknown, sub: string) =>
          people[sub] && { accountId: sub, claims: async () => ({ sub, ...people[sub] }) },
        // Consent is given for everybody, as within one organisation.
        loadExistingGrant: async (context: {
          oidc: { session: { accountId: string }; client: { clientId: string } }
        }) => {
          const { session, client } = context.oidc
          const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
          grant.addOIDCScope(scope)
          await grant.save()
          return grant
        },
        features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
      })
      server.on('request', provider.callback())
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A browser at the provider: goes where it is sent and signs in as `login`. Gives the address it is sent back to. */
export async function visitProvider(start: string, login: string): Promise<URL> {
  const { origin } = new URL(start)
  const jar = new Map<string, string>()
  const visit = async (url: string, body?: string) => {
    const answer = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      body,
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      jar.set(name, value)
    }
    return answer
  }
  let url = start
  for (let hop = 0; hop < 12; hop++) {
    let answer = await visit(url)
    if (answer.status === 200) answer = await visit(url, `prompt=login&login=${login}&password=x`)
    const next = answer.headers.get('location')
    if (!next)
      throw new Error(`The provider answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
    url = new URL(next, origin).href
    if (!url.startsWith(origin)) return new URL(url)
  }
  throw new Error('The provider sends in circles.')
}
