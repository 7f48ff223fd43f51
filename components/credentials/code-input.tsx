'use client'
import type { ComponentProps } from 'react'
import { Input } from '#components/ui/input.tsx'

/** Six digits, or a recovery code. Browsers and phones offer the code they have (WHATWG HTML, autofill). */
export function CodeInput({
  onChange,
  ...rest
}: Omit<ComponentProps<'input'>, 'onChange'> & { onChange(value: string): void }) {
  return (
    <Input
      autoComplete="one-time-code"
      autoCapitalize="off"
      spellCheck={false}
      maxLength={40}
      {...rest}
      className="h-9 font-mono tracking-wider"
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
