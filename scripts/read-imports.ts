import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** One import of a file: of another file of the project, or of a package. */
export interface Import {
  from: string
  /** A path from the project's root, `node:` for what is built in, or the name of a package. */
  to: string
  /** Gone when the file runs. */
  isType: boolean
}

const statement =
  /^(?:import|export)\s+(?<type>type\s+)?(?<names>[^'";]*?)\s*from\s*'(?<a>[^']+)'|^import\s+'(?<b>[^']+)'|\bimport\(\s*'(?<c>[^']+)'/gm

/** What a file imports, by its text. The formatter has all of it in single quotes and each statement on its own line. */
export function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(statement)].map(({ groups = {} }) => ({
    from: path,
    to: targetOf(path, groups.a ?? groups.b ?? groups.c ?? ''),
    isType:
      groups.type !== undefined ||
      /^\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?\s*,?\s*)+\}$/.test(groups.names ?? ''),
  }))
}

function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (specifier.startsWith('.')) return join(dirname(path), specifier)
  // By its own name: which database it is, only server/db knows.
  if (specifier.startsWith('node:')) return specifier === 'node:sqlite' ? specifier : 'node:'
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** What puts the server together and stands on all of it; other files straight below `server` are what all stands on. */
const top = ['server/api.ts', 'server/app.ts', 'server/core.ts', 'server/features.ts', 'server/index.ts']

/** `server/fleet` of `server/fleet/connection.ts`, `server/features/logs` of what is below; `app`, `e2e` and such are one room each. */
export function roomOf(path: string): string {
  if (top.includes(path)) return 'server/app'
  const parts = path.split('/').slice(0, -1)
  if (!['components', 'lib', 'server'].includes(parts[0] ?? '')) return parts[0] ?? ''
  return parts.slice(0, parts[1] === 'features' ? 3 : 2).join('/')
}

/** Every source file below these folders without its tests, which may reach wherever what they test is. */
export function sourcesBelow(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name}`)
      .filter((path) => /\.(?:tsx?|m?js)$/.test(path) && !/\.test\.tsx?$/.test(path))
      .filter((path) => roomOf(path) !== 'server/testing'),
  )
}

export const importsIn = (path: string): Import[] => importsOf(path, readFileSync(path, 'utf8'))
