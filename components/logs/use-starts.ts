'use client'
import { type RefObject, useEffect, useRef } from 'react'
import { useFleet } from '#components/data/use-live.ts'
import type { LogSource } from '#lib/contracts/logs.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import type { LogScreen } from './log-screen.ts'

/** Marks each start of a source that is known of: the last before the page came, and those since then. */
export function useStarts(screen: RefObject<LogScreen | null>, sources: readonly LogSource[]): void {
  const known = useRef(new Map<number, bigint[]>())
  const started = useFleet((fleet) =>
    sources
      .map(({ hostId, containerId }) => fleet.containers.get(objectKey(hostId, containerId))?.startedAt ?? '')
      .join(' '),
  )
  useEffect(() => {
    let isNew = false
    for (const [source, text] of started.split(' ').entries()) {
      const at = Date.parse(text)
      if (Number.isNaN(at)) continue
      const start = BigInt(at) * 1_000_000n
      const before = known.current.get(source) ?? []
      if (before.includes(start)) continue
      known.current.set(source, [...before, start])
      isNew = true
    }
    if (isNew) screen.current?.setStarts(new Map(known.current))
  }, [screen, started])
}
