'use client'
import { ContextMenu as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { Kbd } from './kbd.tsx'
import { menuClass, menuItemClass, menuLabelClass, menuLineClass } from './menu-looks.ts'

/** The menu of the right mouse key (and of a long press). Everything in it must also be reachable otherwise. */
export function ContextMenu({
  trigger,
  onOpenChange,
  children,
}: {
  trigger: ReactElement
  onOpenChange?(open: boolean): void
  children: ReactNode
}) {
  return (
    <Radix.Root modal={false} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content collisionPadding={8} className={menuClass}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function ContextMenuItem({
  icon,
  keys,
  destructive = false,
  disabled = false,
  onSelect,
  children,
}: {
  icon?: ReactNode
  keys?: string
  destructive?: boolean
  disabled?: boolean
  onSelect?(): void
  children: ReactNode
}) {
  return (
    <Radix.Item disabled={disabled} onSelect={onSelect} className={menuItemClass(destructive)}>
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {keys && <Kbd keys={keys} className="ml-4" />}
    </Radix.Item>
  )
}

export function ContextMenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className={menuLabelClass}>{children}</Radix.Label>
}
export function ContextMenuLine() {
  return <Radix.Separator className={menuLineClass} />
}
