import { z } from 'zod'
import { roles } from '#lib/permissions.ts'

/** The identity provider that people may sign in with. */
export interface OidcSettings {
  issuer: URL
  clientId: string
  clientSecret: string
  /** On the button. */
  name: string
  scope: string
  groupsClaim: string
  /**
   * Roles by their names, built in or made here. Of the built-in ones the first whose group somebody is in is theirs; each of
   * the others is granted on all hosts. Whether a name is one of a role made here is known only when it is needed.
   */
  roles: readonly { group: string; role: string }[]
  /** Whoever has an account with the same address, which the provider calls verified, is that account. */
  linkByEmail: boolean
}

export const oidcEnvironment = {
  ROADSTEAD_OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  ROADSTEAD_OIDC_CLIENT_ID: z.string().optional(),
  ROADSTEAD_OIDC_CLIENT_SECRET: z.string().optional(),
  ROADSTEAD_OIDC_CLIENT_SECRET_FILE: z.string().optional(),
  ROADSTEAD_OIDC_NAME: z.string().max(60).optional(),
  ROADSTEAD_OIDC_SCOPES: z.string().default('openid profile email'),
  ROADSTEAD_OIDC_GROUPS_CLAIM: z.string().default('groups'),
  ROADSTEAD_OIDC_ROLES: z.string().optional(),
  ROADSTEAD_OIDC_LINK: z.enum(['never', 'verified-email']).default('never'),
  ROADSTEAD_LOCAL_SIGN_IN: z.string().optional(),
}
type Values = z.infer<z.ZodObject<typeof oidcEnvironment>>

/** What is wrong with which variable. */
export class OidcSettingsError extends Error {}

/** @param secretInFile content of ROADSTEAD_OIDC_CLIENT_SECRET_FILE. Throws OidcSettingsError. */
export function readOidc(values: Values, secretInFile: string | null): OidcSettings | null {
  if (!values.ROADSTEAD_OIDC_ISSUER) return null
  const issuer = new URL(values.ROADSTEAD_OIDC_ISSUER)
  if (issuer.protocol === 'http:' && !isLoopback(issuer))
    throw new OidcSettingsError('ROADSTEAD_OIDC_ISSUER: https, except on this machine')
  const clientId = values.ROADSTEAD_OIDC_CLIENT_ID
  const clientSecret = values.ROADSTEAD_OIDC_CLIENT_SECRET ?? secretInFile?.trim()
  if (!clientId) throw new OidcSettingsError('ROADSTEAD_OIDC_CLIENT_ID: needed with an issuer')
  if (!clientSecret)
    throw new OidcSettingsError(
      'ROADSTEAD_OIDC_CLIENT_SECRET or ROADSTEAD_OIDC_CLIENT_SECRET_FILE: needed with an issuer',
    )
  return {
    issuer,
    clientId,
    clientSecret,
    name: values.ROADSTEAD_OIDC_NAME ?? issuer.host,
    scope: values.ROADSTEAD_OIDC_SCOPES,
    groupsClaim: values.ROADSTEAD_OIDC_GROUPS_CLAIM,
    roles: readRoles(values.ROADSTEAD_OIDC_ROLES),
    linkByEmail: values.ROADSTEAD_OIDC_LINK === 'verified-email',
  }
}

/** On this machine: nothing in between can read along. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
}

function readRoles(text: string | undefined): OidcSettings['roles'] {
  const entries = (text ?? '').split(',').filter((entry) => entry.trim() !== '')
  const found = entries.map((entry) => {
    const at = entry.lastIndexOf('=')
    const group = entry.slice(0, at).trim()
    const role = entry.slice(at + 1).trim()
    if (at < 1 || group === '' || role === '')
      throw new OidcSettingsError(
        `ROADSTEAD_OIDC_ROLES: group=role with commas; roles are ${roles.join(', ')}, or the name of one made here`,
      )
    return { group, role }
  })
  if (found.length === 0)
    throw new OidcSettingsError(
      'ROADSTEAD_OIDC_ROLES: needed with an issuer, such as ops=administrator,dev=operator',
    )
  return found
}
