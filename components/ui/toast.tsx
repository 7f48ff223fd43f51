'use client'
import { Toaster as Sonner, toast as sonner } from 'sonner'
import { useTranslations } from 'use-intl'
import { useThemeMode } from './theme.ts'

interface ToastOptions {
  description?: string
  action?: { label: string; onClick(): void }
  /** A later toast with the same id takes the place of the earlier one. */
  id?: string
}

/** Tells how something ended. Text only; failures stay until they are dismissed. */
export const toast = {
  success: (title: string, options?: ToastOptions) => sonner.success(title, options),
  info: (title: string, options?: ToastOptions) => sonner.info(title, options),
  error: (title: string, options?: ToastOptions) =>
    sonner.error(title, { ...options, duration: Number.POSITIVE_INFINITY, closeButton: true }),
  dismiss: (id: string) => {
    sonner.dismiss(id)
  },
}

/** Put once in the page. Sits above the phone's bottom bar. */
export function Toaster() {
  const t = useTranslations('common')
  const mode = useThemeMode()
  return (
    <Sonner
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
