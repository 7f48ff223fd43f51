'use client'
import { createContext, useContext } from 'react'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'

export interface SpecForm {
  spec: ContainerSpec
  set(change: Partial<ContainerSpec>): void
  /** The sentence of what is wrong there, once there is something to be wrong. */
  errorAt(path: string): string | undefined
  /** A field's text can't be read (null: it can again). Nothing is started meanwhile. */
  reportUnreadable(path: string, isUnreadable: boolean): void
}

const Context = createContext<SpecForm | null>(null)
export const SpecFormProvider = Context.Provider

/** The form that is being filled in. */
export function useSpecForm(): SpecForm {
  const form = useContext(Context)
  if (!form) throw new Error('A field of the container form is used outside it.')
  return form
}
