'use client'
import { Slot } from 'radix-ui'
import type { ComponentProps } from 'react'
import { cn } from './cn.ts'
import { useHeldBack } from './preview.tsx'
import { Spinner } from './spinner.tsx'
import { Tooltip } from './tooltip.tsx'

const variants = {
  primary: 'bg-accent text-accent-ink hover:not-disabled:bg-accent-hover',
  default: 'border border-line-strong bg-surface text-ink hover:not-disabled:bg-hover',
  ghost: 'text-ink-muted hover:not-disabled:bg-hover hover:not-disabled:text-ink',
  danger: 'bg-danger-solid text-danger-ink hover:not-disabled:bg-danger-hover',
  link: 'h-auto! px-0! text-accent underline-offset-2 hover:not-disabled:underline',
} as const
const sizes = {
  sm: 'h-7 gap-1.5 px-2 text-xs',
  md: 'h-8 gap-2 px-3 text-sm',
  lg: 'h-10 gap-2 px-4 text-sm',
} as const

export type ButtonProps = ComponentProps<'button'> & {
  variant?: keyof typeof variants
  size?: keyof typeof sizes
  /** Work is under way: not clickable, a spinner over the text, and the width stays. */
  busy?: boolean
  /** Only reads, or moves about: works in a preview too. */
  inPreview?: boolean
  /** Renders the child (a link) with the button's looks. */
  asChild?: boolean
}

export function buttonClass(
  variant: keyof typeof variants = 'default',
  size: keyof typeof sizes = 'md',
): string {
  return cn(
    'inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap rounded-md font-medium transition-colors',
    'disabled:cursor-default disabled:opacity-50 aria-disabled:cursor-default aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
    'pointer-coarse:min-h-10',
    variants[variant],
    sizes[size],
  )
}

export function Button({
  variant = 'default',
  size = 'md',
  busy = false,
  asChild = false,
  inPreview = false,
  className,
  disabled,
  children,
  type = 'button',
  ...rest
}: ButtonProps) {
  const looks = cn(buttonClass(variant, size), busy && 'relative text-transparent!', className)
  const heldBack = useHeldBack(inPreview)
  if (asChild) {
    return (
      <Tooltip content={heldBack?.reason}>
        <Slot.Root className={looks} {...rest} {...heldBack?.props}>
          {children}
        </Slot.Root>
      </Tooltip>
    )
  }
  const button = (
    <button
      type={type}
      className={looks}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
      {...heldBack?.props}
    >
      {children}
      {busy && (
        <span
          className={cn(
            'absolute inset-0 grid place-items-center',
            variant === 'primary'
              ? 'text-accent-ink'
              : variant === 'danger'
                ? 'text-danger-ink'
                : 'text-ink-muted',
          )}
        >
          <Spinner />
        </span>
      )}
    </button>
  )
  return <Tooltip content={heldBack?.reason}>{button}</Tooltip>
}
