import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { type OidcSettings, OidcSettingsError, oidcEnvironment, readOidc } from './oidc-settings.ts'

/** Stops the start with one line a person can act on. */
export class StartError extends Error {}

const environmentSchema = z.object({
  ROADSTEAD_PORT: z.coerce.number().int().min(0).max(65535).default(7700),
  ROADSTEAD_BIND: z.string().min(1).default('127.0.0.1'),
  ROADSTEAD_DATA: z.string().min(1).default('./data'),
  ROADSTEAD_URL: z.url({ protocol: /^https?$/ }).optional(),
  ROADSTEAD_KEY: z.string().optional(),
  ROADSTEAD_KEY_FILE: z.string().optional(),
  ROADSTEAD_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((entry) => entry.trim())
        .filter(Boolean),
    )
    .refine((list) => list.every(isNetwork), 'addresses or networks such as 10.0.0.0/8, with commas'),
  ROADSTEAD_ENGINES_DOMAIN: z.string().optional(),
  ROADSTEAD_ENGINES_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  ROADSTEAD_ENGINES_BIND: z.string().optional(),
  ...oidcEnvironment,
  ROADSTEAD_SECOND_FACTOR: z.enum(['optional', 'required']).default('optional'),
  ROADSTEAD_LOG: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ROADSTEAD_LAB_STATE: z.string().optional(),
  ROADSTEAD_AUDIT_SYSLOG: z.string().optional(),
  ROADSTEAD_AUDIT_WEBHOOK: z.url({ protocol: /^https?$/ }).optional(),
  ROADSTEAD_AUDIT_WEBHOOK_SECRET: z.string().min(16, 'at least 16 characters').optional(),
  ROADSTEAD_AUDIT_CA: z.string().optional(),
})

function isNetwork(entry: string): boolean {
  const [address = '', bits] = entry.split('/')
  const most = isIP(address) === 6 ? 128 : 32
  return isIP(address) !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most))
}

export interface SyslogReceiver {
  transport: 'tcp' | 'tls' | 'udp'
  host: string
  port: number
  /** PEM of the authority that is trusted in place of the public ones. */
  ca: string | null
}

export interface WebhookReceiver {
  url: URL
  /** Signs what is sent. */
  secret: string
  ca: string | null
}

/** Engine addresses without a path, for clients that take host and port only. */
export interface EnginesSettings {
  /** A name below it is a host's; null where there are only addresses. */
  domain: string | null
  /** By which clients reach the listener where they have no names. */
  addresses: string[]
  /** Where we end TLS ourselves; null: a proxy does, and hands names on to our own port. */
  listener: { port: number; bind: string } | null
}

export interface Config {
  port: number
  bind: string
  dataFolder: string
  /** The address people use, when a proxy stands before us; its path is the base path. Null: whatever reaches `bind`. */
  publicUrl: URL | null
  /** '' or '/roadstead': before every page, API path and socket. */
  basePath: string
  /** The encryption key as given; null makes or reads `<data>/secret.key`. */
  key: string | null
  trustedProxies: string[]
  /** Null: off. */
  engines: EnginesSettings | null
  /** Who has no second factor has to set one up before anything else. */
  secondFactorRequired: boolean
  /** The identity provider; null: none. */
  oidc: OidcSettings | null
  /** The only addresses that may sign in without the provider; null: everybody. */
  localSignIn: readonly string[] | null
  logLevel: string
  /** State file of the lab, whose engines are offered like those of this machine. */
  labState: string | null
  /** Where the audit log is sent. */
  syslog: SyslogReceiver | null
  webhook: WebhookReceiver | null
  dev: boolean
}

/** Reads the environment. Throws StartError naming the variable and what is wrong with it. */
export function readConfig(environment: NodeJS.ProcessEnv, dev = false): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new StartError(`${issue?.path.join('.')}: ${issue?.message}`)
  }
  const values = parsed.data
  const publicUrl = values.ROADSTEAD_URL ? new URL(values.ROADSTEAD_URL) : null
  return {
    port: values.ROADSTEAD_PORT,
    bind: values.ROADSTEAD_BIND,
    dataFolder: resolve(values.ROADSTEAD_DATA),
    publicUrl,
    basePath: publicUrl ? publicUrl.pathname.replace(/\/+$/, '') : '',
    key: values.ROADSTEAD_KEY ?? readGivenFile('ROADSTEAD_KEY_FILE', values.ROADSTEAD_KEY_FILE),
    trustedProxies: values.ROADSTEAD_TRUSTED_PROXIES,
    engines: readEngines(values),
    ...readSignIn(values),
    secondFactorRequired: values.ROADSTEAD_SECOND_FACTOR === 'required',
    logLevel: values.ROADSTEAD_LOG,
    labState: values.ROADSTEAD_LAB_STATE ?? null,
    ...readReceivers(values),
    dev,
  }
}

function readGivenFile(name: string, path: string | undefined): string | null {
  if (!path) return null
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartError(`${name}: ${(error as Error).message}`)
  }
}

/** A name of one label would have no wildcard certificate that clients take. */
const domainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function readEngines(values: z.infer<typeof environmentSchema>): EnginesSettings | null {
  const { ROADSTEAD_ENGINES_DOMAIN: given, ROADSTEAD_ENGINES_PORT: port } = values
  const names = (given ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean)
  const addresses = names.filter((name) => isIP(name) !== 0)
  const [domain = null, ...more] = names.filter((name) => isIP(name) === 0)
  if (names.length === 0) {
    if (port === undefined) return null
    throw new StartError('ROADSTEAD_ENGINES_DOMAIN: needed with ROADSTEAD_ENGINES_PORT')
  }
  if (more.length > 0 || (domain !== null && !domainName.test(domain)))
    throw new StartError(
      'ROADSTEAD_ENGINES_DOMAIN: one domain such as engines.ops.example, or IP addresses, or both, with commas',
    )
  if (port === undefined && domain === null)
    throw new StartError('ROADSTEAD_ENGINES_PORT: needed where clients come by an IP address')
  if (domain !== null && values.ROADSTEAD_URL && isBelow(new URL(values.ROADSTEAD_URL).hostname, domain))
    throw new StartError('ROADSTEAD_ENGINES_DOMAIN: ROADSTEAD_URL must not be a name below it')
  const bind = values.ROADSTEAD_ENGINES_BIND ?? values.ROADSTEAD_BIND
  return { domain, addresses, listener: port === undefined ? null : { port, bind } }
}

const isBelow = (name: string, domain: string) => name.endsWith(`.${domain}`)

function readSignIn(values: z.infer<typeof environmentSchema>): Pick<Config, 'oidc' | 'localSignIn'> {
  const file = values.ROADSTEAD_OIDC_CLIENT_SECRET_FILE
  const local = values.ROADSTEAD_LOCAL_SIGN_IN?.split(',').map((entry) => entry.trim().toLowerCase())
  try {
    const oidc = readOidc(values, readGivenFile('ROADSTEAD_OIDC_CLIENT_SECRET_FILE', file))
    if (local && (!oidc || !local.every((entry) => entry.includes('@'))))
      throw new StartError(
        'ROADSTEAD_LOCAL_SIGN_IN: e-mail addresses with commas, beside an identity provider',
      )
    return { oidc, localSignIn: local ?? null }
  } catch (error) {
    throw error instanceof OidcSettingsError ? new StartError(error.message) : error
  }
}

const syslogPorts = { tcp: 514, tls: 6514, udp: 514 }

function readReceivers(values: z.infer<typeof environmentSchema>): Pick<Config, 'syslog' | 'webhook'> {
  const ca = readGivenFile('ROADSTEAD_AUDIT_CA', values.ROADSTEAD_AUDIT_CA)
  const { ROADSTEAD_AUDIT_WEBHOOK: address, ROADSTEAD_AUDIT_WEBHOOK_SECRET: secret } = values
  return {
    syslog: values.ROADSTEAD_AUDIT_SYSLOG ? { ...readSyslog(values.ROADSTEAD_AUDIT_SYSLOG), ca } : null,
    webhook: address ? { ...readWebhook(address, secret), ca } : null,
  }
}

function readSyslog(address: string): Omit<SyslogReceiver, 'ca'> {
  const url = URL.canParse(address) ? new URL(address) : null
  const transport = (['tcp', 'tls', 'udp'] as const).find((known) => url?.protocol === `${known}:`)
  if (!url || !transport || !url.hostname || url.username || !/^\/?$/.test(url.pathname) || url.search)
    throw new StartError('ROADSTEAD_AUDIT_SYSLOG: tcp://, tls:// or udp:// with a host and perhaps a port')
  const port = Number(url.port || syslogPorts[transport])
  return { transport, host: url.hostname.replaceAll(/[[\]]/g, ''), port }
}

function readWebhook(address: string, secret: string | undefined): Omit<WebhookReceiver, 'ca'> {
  const url = new URL(address)
  const isLoopback = /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !isLoopback)
    throw new StartError('ROADSTEAD_AUDIT_WEBHOOK: https, except on this machine')
  if (url.username || url.password) throw new StartError('ROADSTEAD_AUDIT_WEBHOOK: without a user name')
  if (!secret) throw new StartError('ROADSTEAD_AUDIT_WEBHOOK_SECRET: needed to sign what is sent')
  return { url, secret }
}
