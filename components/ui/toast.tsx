'use client'
import { lazy, Suspense, useSyncExternalStore } from 'react'

export interface ToastOptions {
  description?: string
  action?: { label: string; onClick(): void }
  /** A later toast with the same id takes the place of the earlier one. */
  id?: string
}
export type ToastMessage =
  | ({ kind: 'success' | 'info' | 'error'; title: string } & ToastOptions)
  | { kind: 'dismiss'; id: string }

/** What shows toasts, once it is loaded; until then they wait. */
let show: ((message: ToastMessage) => void) | null = null
let waiting: ToastMessage[] = []

function send(message: ToastMessage): void {
  if (show) show(message)
  else waiting.push(message)
}

/** Called by the view when it can show toasts. */
export function connectToasts(view: (message: ToastMessage) => void): () => void {
  show = view
  for (const message of waiting) view(message)
  waiting = []
  return () => {
    if (show === view) show = null
  }
}

/** Tells how something ended. Text only; failures stay until they are dismissed. */
export const toast = {
  success: (title: string, options?: ToastOptions) => send({ kind: 'success', title, ...options }),
  info: (title: string, options?: ToastOptions) => send({ kind: 'info', title, ...options }),
  error: (title: string, options?: ToastOptions) => send({ kind: 'error', title, ...options }),
  dismiss: (id: string) => send({ kind: 'dismiss', id }),
}

const ToastView = lazy(() => import('./toast-view.tsx'))

/** Put once in the page. Loaded after the page stands: nothing has happened yet that it could tell. */
export function Toaster() {
  const inBrowser = useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  )
  return <Suspense>{inBrowser && <ToastView />}</Suspense>
}
