'use client'
import { useTranslations } from 'use-intl'
import { useHost, useHosts } from '#components/data/use-live.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { isOldOf, type ReadKind } from '#lib/fleet/host-reading.ts'

const mostNames = 3

/**
 * The hosts in scope that have not told what they have of a kind now: away, paused, or their list fails. "None" is said
 * only by who answered.
 */
export function useSilentHosts(kind: ReadKind | undefined): {
  silent: readonly Host[]
  /** Nobody answered: nothing is known. */
  all: boolean
} {
  const hosts = useHosts()
  const silent = kind ? hosts.filter((host) => isOldOf(host, kind)) : []
  return { silent, all: silent.length > 0 && silent.length === hosts.length }
}

/** What to say in the place of one object that is not there: that it is gone only where its host answered. */
export function useGoneWords(
  hostId: string | null,
  kind: ReadKind,
  gone: { title: string; text: string },
): { title: string; text: string } {
  const t = useTranslations('hosts.silent')
  const host = useHost(hostId)
  if (!host || !isOldOf(host, kind)) return gone
  return { title: t('title'), text: t('text', { count: 1, hosts: host.name }) }
}

/** A sentence that names them; nothing where all answered. */
export function SilentHosts({ hosts }: { hosts: readonly Host[] }) {
  const t = useTranslations('hosts.silent')
  if (hosts.length === 0) return null
  const names = hosts.slice(0, mostNames).map(({ name }) => name)
  return t('text', {
    count: hosts.length,
    hosts: [
      ...names,
      ...(hosts.length > mostNames ? [t('more', { count: hosts.length - mostNames })] : []),
    ].join(', '),
  })
}
