import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'

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
  ROADSTEAD_LOG: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ROADSTEAD_LAB_STATE: z.string().optional(),
})

function isNetwork(entry: string): boolean {
  const [address = '', bits] = entry.split('/')
  const most = isIP(address) === 6 ? 128 : 32
  return isIP(address) !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most))
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
  logLevel: string
  /** State file of the lab, whose engines are offered like those of this machine. */
  labState: string | null
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
    key: values.ROADSTEAD_KEY ?? readKeyFile(values.ROADSTEAD_KEY_FILE),
    trustedProxies: values.ROADSTEAD_TRUSTED_PROXIES,
    logLevel: values.ROADSTEAD_LOG,
    labState: values.ROADSTEAD_LAB_STATE ?? null,
    dev,
  }
}

function readKeyFile(path: string | undefined): string | null {
  if (!path) return null
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartError(`ROADSTEAD_KEY_FILE: ${(error as Error).message}`)
  }
}
