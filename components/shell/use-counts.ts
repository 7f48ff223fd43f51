'use client'
import { useMemo } from 'react'
import { needsAttention } from '#lib/fleet-overview.ts'
import { useContainers, useFleet, useHosts, useImages, useLoaded } from '../data/use-live.ts'
import { useNow } from '../ui/clock.ts'
import type { NavigationPage } from './navigation.ts'

export type Counts = Record<NavigationPage['id'], { count: number | null; attention: number }>

/** Numbers beside the nouns, of what is in scope; null until the first snapshot. Images count once per id, not per host. */
export function useCounts(): Counts {
  const loaded = useLoaded()
  const hosts = useHosts()
  const containers = useContainers()
  const images = useImages()
  const allHosts = useFleet((fleet) => fleet.hosts)
  const minute = useNow((now) => Math.floor(now / 60_000))
  return useMemo(() => {
    const attention = needsAttention(allHosts, hosts, containers, (minute + 1) * 60_000)
    const containerAttention = attention.filter((item) => 'container' in item).length
    const hostAttention = attention.length - containerAttention
    return {
      fleet: { count: null, attention: attention.length },
      containers: { count: loaded ? containers.length : null, attention: containerAttention },
      terminal: { count: null, attention: 0 },
      archives: { count: null, attention: 0 },
      audit: { count: null, attention: 0 },
      disk: { count: null, attention: 0 },
      registries: { count: null, attention: 0 },
      logs: { count: null, attention: 0 },
      users: { count: null, attention: 0 },
      images: { count: loaded ? new Set(images.map((image) => image.id)).size : null, attention: 0 },
      hosts: { count: loaded ? hosts.length : null, attention: hostAttention },
    }
  }, [loaded, allHosts, hosts, containers, images, minute])
}
