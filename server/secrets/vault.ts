import { deriveKey, open, seal } from './envelope.ts'

export interface Vault {
  /**
   * Encrypts with AES-256-GCM. `place` says whose secret it is, as `placeOf` writes it (table, row, column): an envelope
   * copied to another row does not open there. Rotation finds a sealed value by its place, so it has to be a column's whole
   * content.
   */
  seal(plaintext: string, place: string): string
  /** Throws `internal` when the key, the envelope or its place is wrong. */
  open(sealed: string, place: string): string
  /** A key of its own for another purpose, so that one leaked use does not leak the rest. It ends with a rotation. */
  derive(purpose: string): Buffer
}

export interface DataKey {
  /** Stands in every envelope. */
  id: string
  key: Buffer
}

/** How what a data key seals begins. */
export const headOf = ({ id }: DataKey) => `v2.${id}`

export function createVault(dataKey: DataKey): Vault {
  return {
    seal: (plaintext, place) => seal(dataKey.key, headOf(dataKey), plaintext, place),
    open: (sealed, place) => open(dataKey.key, headOf(dataKey), sealed, place),
    derive: (purpose) => deriveKey(dataKey.key, purpose),
  }
}
