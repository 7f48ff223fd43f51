'use client'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { parseDuration, parseSize, printDuration, printSize } from '#lib/containers/spec.ts'
import { quoteShellWord, splitShellWords } from '#lib/shell-words.ts'
import { useSpecForm } from './form-context.tsx'

/** How a value is written in one line: null is what cannot be read. */
interface Notation<T> {
  print(value: T): string
  parse(text: string): T | null
  placeholder?: string
}

/** `512m`. */
export const size: Notation<number> = { print: printSize, parse: parseSize, placeholder: '512m' }
/** `1m30s`. */
export const duration: Notation<number> = { print: printDuration, parse: parseDuration, placeholder: '30s' }
export const whole: Notation<number> = {
  print: String,
  parse: (text) => (/^-?\d+$/.test(text.trim()) ? Number(text) : null),
}
export const decimal: Notation<number> = {
  print: String,
  parse: (text) => (/^\d*\.?\d+$/.test(text.trim()) ? Number(text) : null),
}
/** Arguments as one types them into a shell. */
export const commandWords: Notation<string[]> = {
  print: (words) => words.map(quoteShellWord).join(' '),
  parse(text) {
    const { words, isOpen } = splitShellWords(text)
    return isOpen ? null : words
  },
}
/** Words between commas or spaces. */
export const wordList: Notation<string[]> = {
  print: (words) => words.join(', '),
  parse: (text) => text.split(/[\s,]+/).filter((word) => word !== ''),
}

/** A value that is typed as text. Keeps what was typed while it cannot be read, and says so. */
export function ParsedField<T>({
  path,
  label,
  hint,
  value,
  notation,
  onChange,
  placeholder = notation.placeholder,
  className,
}: {
  path: string
  label: ReactNode
  hint?: ReactNode
  value: T | undefined
  notation: Notation<T>
  onChange(value: T | undefined): void
  placeholder?: string
  className?: string
}) {
  const t = useTranslations('create')
  const { errorAt, reportUnreadable } = useSpecForm()
  const [text, setText] = useState(() => (value === undefined ? '' : notation.print(value)))
  const unreadable = text.trim() !== '' && notation.parse(text) === null
  return (
    <Field
      label={label}
      hint={hint}
      error={unreadable ? t('unreadable') : errorAt(path)}
      className={className}
    >
      {(props) => (
        <Input
          {...props}
          value={text}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            const next = event.target.value
            const parsed = next.trim() === '' ? undefined : notation.parse(next)
            setText(next)
            reportUnreadable(path, parsed === null)
            if (parsed !== null) onChange(parsed)
          }}
        />
      )}
    </Field>
  )
}
