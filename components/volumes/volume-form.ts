import type { VolumeCreate } from '#lib/contracts/volumes.ts'
import type { VolumeFormKind } from '#lib/volumes/driver-options.ts'

/** What is typed, for every kind at once: changing the kind loses nothing. */
export interface VolumeFields {
  server: string
  path: string
  share: string
  username: string
  password: string
  nfsVersion: '3' | '4' | '4.1' | '4.2'
  cifsVersion: '2.1' | '3.0' | '3.1.1'
  soft: boolean
  readOnly: boolean
  options: string
  /** Mebibytes. */
  size: string
  mode: string
  uid: string
  gid: string
  /** `name=value`, a line each. */
  labels: string
}

export const emptyFields: VolumeFields = {
  server: '',
  path: '',
  share: '',
  username: '',
  password: '',
  nfsVersion: '4',
  cifsVersion: '3.0',
  soft: true,
  readOnly: false,
  options: '',
  size: '',
  mode: '',
  uid: '',
  gid: '',
  labels: '',
}

const mebibyte = 1024 * 1024
const whole = (text: string) => (text.trim() === '' ? undefined : Number(text))

/** The form of the contract, as the server reads and refuses it. */
export function formOf(kind: VolumeFormKind, fields: VolumeFields): VolumeCreate['form'] {
  const { server, path, readOnly, options } = fields
  const owner = { uid: whole(fields.uid), gid: whole(fields.gid) }
  switch (kind) {
    case 'local':
      return { kind }
    case 'nfs':
      return {
        kind,
        server: server.trim(),
        path: path.trim(),
        version: fields.nfsVersion,
        soft: fields.soft,
        readOnly,
        options: options.trim(),
      }
    case 'cifs':
      return {
        kind,
        ...owner,
        server: server.trim(),
        share: fields.share.trim(),
        username: fields.username,
        password: fields.password,
        version: fields.cifsVersion,
        readOnly,
        options: options.trim(),
      }
    case 'tmpfs': {
      const size = whole(fields.size)
      return {
        kind,
        ...owner,
        ...(size === undefined ? {} : { sizeBytes: Math.round(size * mebibyte) }),
        ...(fields.mode.trim() ? { mode: fields.mode.trim() } : {}),
      }
    }
    case 'bind':
      return { kind, path: path.trim(), readOnly }
  }
}

/** Whether all that a kind cannot do without is there. */
export function isFilled(kind: VolumeFormKind, { server, path, share }: VolumeFields): boolean {
  if (kind === 'nfs') return server.trim() !== '' && path.trim().startsWith('/')
  if (kind === 'cifs') return server.trim() !== '' && share.trim() !== ''
  return kind !== 'bind' || path.trim().startsWith('/')
}

export function labelsOf(text: string): { name: string; value: string }[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', ...rest] = line.split('=')
    return name.trim() === '' ? [] : [{ name: name.trim(), value: rest.join('=').trim() }]
  })
}
