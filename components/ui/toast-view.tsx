'use client'
import { useEffect } from 'react'
import { toast as sonner, Toaster } from 'sonner'
import { useTranslations } from 'use-intl'
import { useThemeMode } from './theme.ts'
import { connectToasts, type ToastMessage } from './toast.tsx'

function show(message: ToastMessage): void {
  if (message.kind === 'dismiss') {
    sonner.dismiss(message.id)
    return
  }
  const { kind, title, ...options } = message
  sonner[kind](title, {
    ...options,
    ...(kind === 'error' && { duration: Number.POSITIVE_INFINITY, closeButton: true }),
  })
}

/** The toasts themselves, above the phone's bottom bar. */
export default function ToastView() {
  const t = useTranslations('common')
  const mode = useThemeMode()
  useEffect(() => connectToasts(show), [])
  return (
    <Toaster
      theme={mode}
      position="bottom-right"
      containerAriaLabel={t('notifications')}
      mobileOffset={{ bottom: 64 }}
      gap={8}
      toastOptions={{
        closeButtonAriaLabel: t('close'),
        classNames: {
          toast: 'rounded-md! border-line-strong! bg-raised! text-ink! shadow-raised! font-sans!',
          title: 'text-sm! font-medium!',
          description: 'text-xs! text-ink-muted! break-words',
          actionButton: 'bg-accent! text-accent-ink!',
          success: '[&_[data-icon]]:text-state-running',
          error: '[&_[data-icon]]:text-state-unhealthy',
        },
      }}
    />
  )
}
