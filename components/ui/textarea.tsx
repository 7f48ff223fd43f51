import type { ComponentProps, KeyboardEvent } from 'react'
import { cn } from './cn.ts'
import { controlClass } from './input.tsx'

/** Enter is a new line in it; with Ctrl or Command it sends the form, as everywhere. */
export function Textarea({ className, rows = 4, onKeyDown, ...rest }: ComponentProps<'textarea'>) {
  const send = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    onKeyDown?.(event)
    if (event.defaultPrevented || event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    event.currentTarget.form?.requestSubmit()
  }
  return (
    <textarea
      rows={rows}
      className={cn(controlClass, 'resize-y py-1.5', className)}
      onKeyDown={send}
      {...rest}
    />
  )
}
