'use client'
import dynamic from 'next/dynamic'
import { useEffect, useRef, useState } from 'react'
import { onProofNeeded } from '#components/data/api.ts'

const ProofForm = dynamic(() => import('./proof-form.tsx').then((module) => module.ProofForm), { ssr: false })

/**
 * The one dialog that asks who is signed in for a fresh proof. Requests that were refused for want of it wait here and are
 * repeated by themselves; who turns it down gets their refusal.
 */
export function ProofDialog() {
  const [open, setOpen] = useState(false)
  const waiting = useRef<((proved: boolean) => void)[]>([])
  useEffect(
    () =>
      onProofNeeded(
        () =>
          new Promise((resolve) => {
            waiting.current.push(resolve)
            setOpen(true)
          }),
      ),
    [],
  )
  const end = (proved: boolean) => {
    setOpen(false)
    for (const resolve of waiting.current.splice(0)) resolve(proved)
  }
  return open && <ProofForm onEnd={end} />
}
