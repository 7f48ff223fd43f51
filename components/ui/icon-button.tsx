'use client'
import type { ComponentProps, ReactNode } from 'react'
import { cn } from './cn.ts'
import { useHeldBack } from './preview.tsx'
import { Tooltip } from './tooltip.tsx'

export type IconButtonProps = Omit<ComponentProps<'button'>, 'aria-label' | 'children'> & {
  /** Read by screen readers and shown as the tooltip. */
  label: string
  icon: ReactNode
  /** Keys shown in the tooltip. */
  keys?: string
  size?: 'sm' | 'md'
  /** Only reads, or moves about: works in a preview too. */
  inPreview?: boolean
  side?: 'top' | 'right' | 'bottom' | 'left'
}

export function IconButton({
  label,
  icon,
  keys,
  size = 'md',
  side,
  inPreview = false,
  className,
  type = 'button',
  ...rest
}: IconButtonProps) {
  const heldBack = useHeldBack(inPreview)
  return (
    <Tooltip content={heldBack ? `${label}. ${heldBack.reason}` : label} keys={keys} side={side}>
      <button
        type={type}
        aria-label={label}
        className={cn(
          'inline-grid shrink-0 place-items-center rounded-md text-ink-muted transition-colors [&_svg]:size-4',
          'hover:not-disabled:bg-hover hover:not-disabled:text-ink disabled:cursor-default disabled:opacity-40',
          'aria-disabled:cursor-default aria-disabled:opacity-40',
          'aria-expanded:bg-hover aria-expanded:text-ink pointer-coarse:size-10',
          size === 'sm' ? 'size-6' : 'size-8',
          className,
        )}
        {...rest}
        {...heldBack?.props}
      >
        {icon}
      </button>
    </Tooltip>
  )
}
