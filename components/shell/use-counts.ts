'use client'
import { useMemo } from 'react'
import { useContainers, useHosts, useImages, useLoaded } from '../data/use-live.ts'
import { containerNeedsAttention, hostNeedsAttention } from './attention.ts'
import type { NavigationPage } from './navigation.ts'

export type Counts = Record<NavigationPage['id'], { count: number | null; attention: number }>

/** Numbers beside the nouns, of what is in scope; null until the first snapshot. Images count once per id, not per host. */
export function useCounts(): Counts {
  const loaded = useLoaded()
  const hosts = useHosts()
  const containers = useContainers()
  const images = useImages()
  return useMemo(() => {
    const hostAttention = hosts.filter(hostNeedsAttention).length
    const containerAttention = containers.filter(containerNeedsAttention).length
    return {
      fleet: { count: null, attention: hostAttention + containerAttention },
      containers: { count: loaded ? containers.length : null, attention: containerAttention },
      images: { count: loaded ? new Set(images.map((image) => image.id)).size : null, attention: 0 },
      hosts: { count: loaded ? hosts.length : null, attention: hostAttention },
    }
  }, [loaded, hosts, containers, images])
}
