'use client'
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { cn } from './cn.ts'
import { overlayClass } from './dialog.tsx'
import { IconButton } from './icon-button.tsx'
import { usePhone } from './use-media-query.ts'

/**
 * The detail of a row. On a desktop it lies over the right of the page and leaves the list usable: another row can be
 * clicked, `j` and `k` go on working. On a phone it is a modal sheet.
 */
export function Drawer({
  open,
  onOpenChange,
  title,
  subtitle,
  actions,
  footer,
  wide = false,
  children,
}: {
  open: boolean
  onOpenChange(open: boolean): void
  title: ReactNode
  subtitle?: ReactNode
  /** Buttons in the head, left of the cross. */
  actions?: ReactNode
  footer?: ReactNode
  wide?: boolean
  children: ReactNode
}) {
  const t = useTranslations('common')
  const phone = usePhone()
  // Radix mounts another tree for a modal one. While it is open it stays what it was: a phone or tablet that is turned
  // loses nothing that was typed, and no dialog above it.
  const [modal, setModal] = useState(phone)
  if (!open && modal !== phone) setModal(phone)
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange} modal={modal}>
      <Radix.Portal>
        {modal && <Radix.Overlay className={overlayClass} />}
        <Radix.Content
          aria-describedby={undefined}
          // The page's keys (j, k, .) go on working while it is open: see components/ui/shortcuts.ts.
          data-shortcuts={modal ? undefined : 'pass'}
          onInteractOutside={(event) => {
            if (!modal) event.preventDefault()
          }}
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus({ preventScroll: true })
          }}
          className={cn(
            'fixed z-40 flex flex-col border-line-strong bg-surface shadow-raised outline-none',
            'inset-x-0 bottom-0 h-[88dvh] animate-sheet rounded-t-lg border-t max-md:z-50',
            'md:inset-x-auto md:top-[calc(3rem+var(--banner-height))] md:right-0 md:h-auto md:animate-drawer md:rounded-none md:border-t-0 md:border-l',
            wide ? 'md:w-[min(960px,72vw)]' : 'md:w-[min(640px,60vw)]',
          )}
        >
          <div className="flex min-h-12 items-center gap-2 border-b px-4 py-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="truncate font-semibold text-base">{title}</Radix.Title>
              {subtitle && <div className="truncate text-ink-muted text-xs">{subtitle}</div>}
            </div>
            {actions}
            <Radix.Close asChild>
              <IconButton inPreview label={t('close')} keys="Escape" icon={<X />} side="bottom" />
            </Radix.Close>
          </div>
          <div className="fill overflow-y-auto overscroll-contain">{children}</div>
          {footer && (
            <div className="flex items-center gap-2 border-t px-4 py-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
              {footer}
            </div>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
