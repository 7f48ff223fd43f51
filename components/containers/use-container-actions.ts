'use client'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { ActionResult, Container, ContainerAction } from '#lib/contracts/containers.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'

export interface ActionOptions {
  graceSeconds?: number
  signal?: string
  name?: string
  force?: boolean
  volumes?: boolean
}

export interface PendingAction {
  action: ContainerAction
  /** How long the container has to end before it is killed, below 0 for ever; null where it has not to, or not known yet. */
  graceSeconds: number | null
}

/** Actions under way and failed ones, by container, for the rows to show. Lives as long as the page. */
interface ActionStates {
  pending: ReadonlyMap<string, PendingAction>
  failures: ReadonlyMap<string, { action: ContainerAction; error: unknown }>
}
let states: ActionStates = { pending: new Map(), failures: new Map() }
const listeners = new Set<() => void>()
const nothing: ActionStates = states

function change(
  update: (
    pending: Map<string, PendingAction>,
    failures: Map<string, { action: ContainerAction; error: unknown }>,
  ) => void,
) {
  const next = { pending: new Map(states.pending), failures: new Map(states.failures) }
  update(next.pending, next.failures)
  states = next
  for (const listener of listeners) listener()
}

export function useActionStates(): ActionStates {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => states,
    () => nothing,
  )
}

function request(
  container: Container,
  action: ContainerAction,
  options: ActionOptions,
): Promise<ActionResult> {
  const params = { hostId: container.hostId, containerId: container.id }
  if (action === 'remove') {
    return api.delete('/api/hosts/:hostId/containers/:containerId', {
      params,
      query: { force: options.force ?? false, volumes: options.volumes ?? false },
    })
  }
  const { graceSeconds, signal, name } = options
  const bodies: Partial<Record<ContainerAction, object>> = {
    stop: { graceSeconds },
    restart: { graceSeconds },
    kill: { signal },
    rename: { name },
  }
  return api.post(`/api/hosts/:hostId/containers/:containerId/${action}`, {
    params,
    body: bodies[action] ?? {},
  })
}

/** What engines give a container that says nothing. */
const usualGraceSeconds = 10
/** Stops that are waited for, and may be cut short. */
export const isStopping = ({ action }: PendingAction) => action === 'stop' || action === 'restart'

/** Seconds that a container asks for to end; null where its engine does not tell. */
async function graceOf({ hostId, id }: Container): Promise<number | null> {
  try {
    const { inspect } = await api.get('/api/hosts/:hostId/containers/:containerId', {
      params: { hostId, containerId: id },
    })
    const { StopTimeout } = (inspect as { Config?: { StopTimeout?: number | null } }).Config ?? {}
    return StopTimeout ?? usualGraceSeconds
  } catch {
    return null
  }
}

/**
 * Runs an action: shown on the row at once, ended by what the engine really did. `quiet` leaves the telling to the
 * caller (bulk), which gets the result or the throw; otherwise a toast tells, and a failure stays on the row.
 */
export function useContainerActions() {
  const t = useTranslations('containers')
  const errorText = useErrorText()
  const runQuiet = useCallback(
    async (container: Container, action: ContainerAction, options: ActionOptions = {}) => {
      const key = objectKey(container.hostId, container.id)
      const own: PendingAction = { action, graceSeconds: options.graceSeconds ?? null }
      change((pending, failures) => {
        pending.set(key, own)
        failures.delete(key)
      })
      if (isStopping(own) && own.graceSeconds === null)
        void graceOf(container).then((graceSeconds) =>
          change((pending) => pending.get(key) === own && pending.set(key, { ...own, graceSeconds })),
        )
      try {
        return await request(container, action, options)
      } catch (error) {
        change((_, failures) => failures.set(key, { action, error }))
        throw error
      } finally {
        change((pending) => pending.delete(key))
      }
    },
    [],
  )
  return useMemo(() => {
    async function run(
      container: Container,
      action: ContainerAction,
      options: ActionOptions = {},
    ): Promise<void> {
      const { name } = container
      try {
        const { outcome } = await runQuiet(container, action, options)
        if (outcome === 'already') {
          const key = action === 'start' || action === 'stop' || action === 'remove' ? action : 'other'
          toast.info(t(`already.${key}`, { name }))
        } else {
          toast.success(t(`done.${action}`, { name: options.name ?? name, signal: options.signal ?? '' }))
        }
      } catch (error) {
        const { sentence, remedy, detail } = errorText(error)
        toast.error(t('failed', { name, action: t(`action.${action}`).replace('…', '') }), {
          description: [sentence, remedy, detail].filter(Boolean).join(' '),
          id: `${container.id} ${action}`,
          action: { label: t('action.retry'), onClick: () => void run(container, action, options) },
        })
      }
    }
    /** Cuts a stop short that is under way, which then tells its end. */
    async function killNow(container: Container): Promise<void> {
      try {
        await request(container, 'kill', { signal: 'SIGKILL' })
      } catch (error) {
        const { sentence, remedy, detail, code } = errorText(error)
        // It has ended meanwhile.
        if (code === 'container_not_running' || code === 'container_not_found') return
        toast.error(t('failed', { name: container.name, action: t('action.killNow') }), {
          description: [sentence, remedy, detail].filter(Boolean).join(' '),
        })
      }
    }
    return { run, runQuiet, killNow }
  }, [runQuiet, t, errorText])
}
