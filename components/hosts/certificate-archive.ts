import { tarEnd, tarHeader, tarPadding } from '#lib/tar-header.ts'
import type { Pems } from './engine-set-up.ts'

/** Names as DOCKER_CERT_PATH has them, with their texts. */
export const filesOf = ({ authority, certificate, key }: Pems): [name: string, text: string][] =>
  [['ca.pem', authority] as const, ['cert.pem', certificate] as const, ['key.pem', key] as const].map(
    ([name, pem]) => [name, `${pem.trim()}\n`],
  )

/** A tar of them, for their owner's eyes alone. @param now milliseconds since the epoch */
export function tarOfFiles(files: readonly [name: string, text: string][], now: number): Blob {
  const mtime = Math.floor(now / 1000)
  const parts = files.flatMap(([path, text]) => {
    const bytes = new TextEncoder().encode(text)
    const head = tarHeader({ path, type: 'file', size: bytes.length, mode: 0o600, uid: 0, gid: 0, mtime })
    return [head, bytes, tarPadding(bytes.length)]
  })
  return new Blob([...parts, tarEnd()], { type: 'application/x-tar' })
}
