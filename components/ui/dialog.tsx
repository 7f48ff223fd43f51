'use client'
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { cn } from './cn.ts'
import { IconButton } from './icon-button.tsx'

const widths = { sm: 'max-w-md', md: 'max-w-xl', lg: 'max-w-3xl' } as const

export const overlayClass = 'fixed inset-0 z-50 animate-appear bg-scrim'

/**
 * A modal dialog: title, body that scrolls, footer that stays. On a phone it is a sheet at the bottom.
 * Give `onSubmit` to make it a form (Enter submits).
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  size = 'md',
  footer,
  onSubmit,
  children,
}: {
  open: boolean
  onOpenChange(open: boolean): void
  title: ReactNode
  description?: ReactNode
  size?: keyof typeof widths
  footer?: ReactNode
  onSubmit?(): void
  children?: ReactNode
}) {
  const t = useTranslations('common')
  const Body = onSubmit ? 'form' : 'div'
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlayClass} />
        <Radix.Content
          className={cn(
            'fixed z-50 flex w-full animate-appear flex-col border border-line-strong bg-raised shadow-raised outline-none',
            'inset-x-0 bottom-0 max-h-[92dvh] rounded-t-lg',
            'md:inset-x-4 md:top-[12vh] md:bottom-auto md:mx-auto md:max-h-[76vh] md:rounded-lg',
            widths[size],
            'max-md:max-w-none',
          )}
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            const content = event.currentTarget
            if (!(content instanceof HTMLElement)) return
            // The first field; without one the dialog itself, not its cross: that would open the cross's tooltip.
            const field = content.querySelector<HTMLElement>(
              'input:enabled, select:enabled, textarea:enabled',
            )
            ;(field ?? content).focus({ preventScroll: true })
          }}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <Body
            className="flex min-h-0 flex-col"
            {...(onSubmit && {
              noValidate: true,
              onSubmit: (event: { preventDefault(): void; stopPropagation(): void }) => {
                event.preventDefault()
                // A dialog opened from inside a form is still that form's child in React's tree.
                event.stopPropagation()
                onSubmit()
              },
            })}
          >
            <div className="flex items-start justify-between gap-4 px-4 pt-3 pb-2">
              <div className="min-w-0 pt-1">
                <Radix.Title className="break-words font-semibold text-base">{title}</Radix.Title>
                {description && (
                  <Radix.Description className="mt-1 break-words text-ink-muted">
                    {description}
                  </Radix.Description>
                )}
              </div>
              <Radix.Close asChild>
                <IconButton inPreview label={t('close')} icon={<X />} size="sm" className="mt-1" />
              </Radix.Close>
            </div>
            {children && (
              <div className="flex min-h-0 flex-col gap-4 overflow-y-auto px-4 pt-1 pb-4">{children}</div>
            )}
            {footer && (
              <div className="flex flex-wrap items-center justify-end gap-2 border-t px-4 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
                {footer}
              </div>
            )}
          </Body>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
