'use client'
import { useMemo } from 'react'
import { useAttention } from '#components/attention/use-attention.ts'
import { useOpenTerminals } from '#components/data/open-terminals.ts'
import { useHosts, useLoaded, useObjects } from '#components/data/use-live.ts'
import type { ObjectKind } from '#lib/fleet/kinds.ts'
import { isSeen } from '#lib/fleet/overview.ts'
import { type NavigationPage, navigationPages } from './navigation.ts'

interface Count {
  count: number | null
  attention: number
}
export type Counts = Record<NavigationPage['id'], Count>

/** What is in scope, by kind. */
function useNumbers(): Record<ObjectKind, number> {
  const containers = useObjects('containers')
  const images = useObjects('images')
  const volumes = useObjects('volumes')
  const networks = useObjects('networks')
  const pods = useObjects('pods')
  return useMemo(
    () => ({
      containers: containers.length,
      // The same content on several hosts is one row.
      images: new Set(images.map(({ id }) => id)).size,
      volumes: volumes.length,
      networks: networks.length,
      pods: pods.length,
    }),
    [containers, images, volumes, networks, pods],
  )
}

/** Numbers beside the nouns, of what is in scope; null until the first snapshot, and where a page counts nothing. */
export function useCounts(): Counts {
  const loaded = useLoaded()
  const terminals = useOpenTerminals().length
  const hosts = useHosts().length
  const numbers = useNumbers()
  const open = useAttention().filter((item) => !isSeen(item))
  const attention = open.length
  const containerAttention = open.filter((item) => 'container' in item).length
  return useMemo(() => {
    const counts = Object.fromEntries(
      navigationPages.map(({ id, counts: kind }): [string, Count] => [
        id,
        { count: loaded && kind ? numbers[kind] : null, attention: 0 },
      ]),
    ) as Counts
    counts.fleet.attention = attention
    counts.containers.attention = containerAttention
    counts.terminal.count = terminals === 0 ? null : terminals
    counts.hosts = { count: loaded ? hosts : null, attention: attention - containerAttention }
    return counts
  }, [loaded, attention, containerAttention, terminals, hosts, numbers])
}
