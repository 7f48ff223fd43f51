'use client'
import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { Kbd } from './kbd.tsx'
import { menuClass, menuItemClass, menuLineClass } from './menu-looks.ts'
import { useHeldBack } from './preview.tsx'
import { Tooltip } from './tooltip.tsx'

/** A button's menu: `<Menu trigger={<Button>…</Button>}><MenuItem …/></Menu>`. */
export function Menu({
  trigger,
  align = 'end',
  open,
  onOpenChange,
  children,
}: {
  trigger: ReactElement
  align?: 'start' | 'center' | 'end'
  open?: boolean
  onOpenChange?(open: boolean): void
  children: ReactNode
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange} modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={4} collisionPadding={8} className={menuClass}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function MenuItem({
  icon,
  keys,
  destructive = false,
  disabled = false,
  asChild = false,
  inPreview = false,
  onSelect,
  children,
}: {
  icon?: ReactNode
  keys?: string
  destructive?: boolean
  disabled?: boolean
  /** The child (a link) becomes the item; icon and keys are then the child's own. */
  asChild?: boolean
  /** Only reads, or moves about: works in a preview too. */
  inPreview?: boolean
  onSelect?(): void
  children: ReactNode
}) {
  const heldBack = useHeldBack(inPreview)
  return (
    <Tooltip content={heldBack?.reason} side="left">
      <Radix.Item
        asChild={asChild}
        disabled={disabled}
        aria-disabled={heldBack || disabled ? true : undefined}
        onSelect={(event) => {
          if (heldBack) event.preventDefault()
          else onSelect?.()
        }}
        className={menuItemClass(destructive)}
      >
        {asChild ? (
          children
        ) : (
          <>
            {icon}
            <span className="min-w-0 flex-1 truncate">{children}</span>
            {keys && <Kbd keys={keys} className="ml-4" />}
          </>
        )}
      </Radix.Item>
    </Tooltip>
  )
}

/** An item that is on or off; the menu stays open, so that several can be changed. */
export function MenuCheckItem({
  checked,
  onCheckedChange,
  disabled = false,
  children,
}: {
  checked: boolean
  onCheckedChange(checked: boolean): void
  disabled?: boolean
  children: ReactNode
}) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      disabled={disabled}
      onCheckedChange={onCheckedChange}
      onSelect={(event) => event.preventDefault()}
      className={menuItemClass()}
    >
      <span className="grid size-4 place-items-center">
        <Radix.ItemIndicator>
          <Check className="size-4 text-accent" />
        </Radix.ItemIndicator>
      </span>
      <span className="min-w-0 flex-1 truncate">{children}</span>
    </Radix.CheckboxItem>
  )
}

/** One of several. */
export function MenuRadioGroup<V extends string>({
  value,
  onValueChange,
  options,
}: {
  value: V
  onValueChange(value: V): void
  options: readonly { value: V; label: string; icon?: ReactNode }[]
}) {
  return (
    <Radix.RadioGroup
      value={value}
      onValueChange={(next) => {
        const option = options.find((option) => option.value === next)
        if (option) onValueChange(option.value)
      }}
    >
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={menuItemClass()}>
          {option.icon}
          <span className="min-w-0 flex-1 truncate">{option.label}</span>
          <span className="grid size-4 place-items-center">
            <Radix.ItemIndicator>
              <Check className="size-4 text-accent" />
            </Radix.ItemIndicator>
          </span>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

export function MenuLine() {
  return <Radix.Separator className={menuLineClass} />
}
