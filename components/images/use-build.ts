'use client'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api } from '#components/data/api.ts'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import type { BuildInput } from '#lib/contracts/image-build.ts'
import { sendContext, tarOf } from './build-context.ts'
import { encodedSecrets, type SecretRow } from './build-secrets.tsx'
import type { BuildSource } from './build-source.tsx'

/** Sends the context, then starts the task. */
export function useBuild(onStarted: () => void) {
  const abort = useRef<AbortController | null>(null)
  const [{ sent, total }, setSent] = useState({ sent: 0, total: 0 })
  const mutation = useMutation({
    async mutationFn({
      source,
      dockerfile,
      secrets,
      input,
    }: {
      source: BuildSource
      dockerfile: string
      secrets: readonly SecretRow[]
      input: Omit<BuildInput, 'context' | 'secrets'>
    }) {
      abort.current = new AbortController()
      const { signal } = abort.current
      const context = await contextOf(source, dockerfile, signal, (done, all) =>
        setSent({ sent: done, total: all }),
      )
      const given =
        secrets.length === 0
          ? {}
          : {
              secrets: (
                await api.post('/api/images/build/secrets', {
                  body: { secrets: await encodedSecrets(secrets) },
                  signal,
                })
              ).id,
            }
      return api.post('/api/images/build', { body: { ...input, ...given, context }, signal })
    },
    onSuccess(task) {
      taskStore.put(task)
      openTray()
      onStarted()
    },
  })
  const { isPending } = mutation
  useEffect(() => {
    if (!isPending) return
    // Until it is sent the context is this page's alone.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isPending])
  return { start: { ...mutation, cancel: () => abort.current?.abort() }, sent, total }
}

async function contextOf(
  { kind, folder, tar, text, url }: BuildSource,
  dockerfile: string,
  signal: AbortSignal,
  progress: (sent: number, total: number) => void,
): Promise<BuildInput['context']> {
  if (kind === 'dockerfile') return { kind, text }
  if (kind === 'remote') return { kind, url: url.trim() }
  const bytes = kind === 'folder' && folder ? tarOf(folder, dockerfile) : (tar as File)
  const { id } = await sendContext(bytes, signal, (sent) => progress(sent, bytes.size))
  return { kind: 'upload', id }
}
