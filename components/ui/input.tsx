import type { ComponentProps } from 'react'
import { cn } from './cn.ts'

export const controlClass =
  'w-full min-w-0 rounded-md border border-control bg-surface px-2.5 text-sm text-ink placeholder:text-ink-faint ' +
  'focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 ' +
  'disabled:opacity-50 aria-invalid:border-danger aria-invalid:outline-danger'

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cn(controlClass, 'h-8 pointer-coarse:h-10', className)} {...rest} />
}
