'use client'
import { useMemo } from 'react'
import { useAttention } from '#components/attention/use-attention.ts'
import { useOpenTerminals } from '#components/data/open-terminals.ts'
import { useContainers, useHosts, useImages, useLoaded } from '#components/data/use-live.ts'
import { isSeen } from '#lib/fleet/overview.ts'
import type { NavigationPage } from './navigation.ts'

export type Counts = Record<NavigationPage['id'], { count: number | null; attention: number }>

/** Numbers beside the nouns, of what is in scope; null until the first snapshot. Images count once per id, not per host. */
export function useCounts(): Counts {
  const loaded = useLoaded()
  const terminals = useOpenTerminals().length
  const hosts = useHosts()
  const containers = useContainers()
  const images = useImages()
  const open = useAttention().filter((item) => !isSeen(item))
  const attention = open.length
  const containerAttention = open.filter((item) => 'container' in item).length
  return useMemo(() => {
    const hostAttention = attention - containerAttention
    return {
      fleet: { count: null, attention },
      containers: { count: loaded ? containers.length : null, attention: containerAttention },
      terminal: { count: terminals === 0 ? null : terminals, attention: 0 },
      archives: { count: null, attention: 0 },
      audit: { count: null, attention: 0 },
      disk: { count: null, attention: 0 },
      registries: { count: null, attention: 0 },
      logs: { count: null, attention: 0 },
      users: { count: null, attention: 0 },
      images: { count: loaded ? new Set(images.map((image) => image.id)).size : null, attention: 0 },
      hosts: { count: loaded ? hosts.length : null, attention: hostAttention },
    }
  }, [loaded, attention, containerAttention, terminals, hosts, containers, images])
}
