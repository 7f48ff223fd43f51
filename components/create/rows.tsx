'use client'
import { Plus, X } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select, type SelectOption } from '#components/ui/select.tsx'
import { useSpecForm } from './form-context.tsx'

/** A list that grows: a line for each row, with its fields and a way to take it out. */
export function Rows<T>({
  path,
  label,
  rows,
  fresh,
  addLabel,
  onChange,
  actions,
  children,
}: {
  /** Of the list in the spec. */
  path: string
  label: string
  rows: readonly T[]
  fresh(): T
  addLabel: string
  onChange(rows: T[]): void
  /** Beside the button that adds one. */
  actions?: ReactNode
  children(row: T, set: (change: Partial<T>) => void, path: string): ReactNode
}) {
  const t = useTranslations('create')
  // Rows have nothing that tells them apart: each keeps a number, so that taking one out moves no text.
  const [keys, setKeys] = useState(() => rows.map((_, index) => index))
  const shown = rows.map((_, index) => keys[index] ?? index)
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="sr-only">{label}</legend>
      {rows.map((row, index) => {
        const set = (change: Partial<T>) =>
          onChange(rows.map((old, at) => (at === index ? { ...old, ...change } : old)))
        return (
          <div key={shown[index]} className="group flex min-w-0 items-start gap-2">
            <div className="grid min-w-0 flex-1 gap-2 sm:flex">{children(row, set, `${path}.${index}`)}</div>
            <IconButton
              className="sm:group-first-of-type:mt-5"
              label={t('removeRow', { number: index + 1, list: label })}
              icon={<X />}
              onClick={() => {
                setKeys(shown.filter((_, at) => at !== index))
                onChange(rows.filter((_, at) => at !== index))
              }}
            />
          </div>
        )
      })}
      <div className="flex flex-wrap gap-2">
        <Button
          size="sm"
          onClick={() => {
            setKeys([...shown, Math.max(-1, ...shown) + 1])
            onChange([...rows, fresh()])
          }}
        >
          <Plus aria-hidden /> {addLabel}
        </Button>
        {actions}
      </div>
    </fieldset>
  )
}

/** Above the fields of the first row, and of every row on a phone, where they lie below each other. */
export const cellLabelClass = 'mb-1 block truncate text-ink-muted text-xs sm:group-not-first-of-type:sr-only'

/** One field of a row. */
export function Cell({
  path,
  label,
  value,
  onChange,
  className,
  ...rest
}: {
  path: string
  label: string
  value: string
  placeholder?: string
  list?: string
  inputMode?: 'numeric'
  className?: string
  onChange(value: string): void
}) {
  const id = useId()
  const { errorAt } = useSpecForm()
  const error = errorAt(path)
  return (
    <span className={cn('min-w-0 flex-1', className)}>
      <label htmlFor={id} className={cellLabelClass}>
        {label}
      </label>
      <Input
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        value={value}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
      {error && (
        <span id={`${id}-error`} role="alert" className="mt-1 block text-danger text-xs">
          {error}
        </span>
      )}
    </span>
  )
}

/** A choice in a row. */
export function CellSelect<V extends string>({
  label,
  ...rest
}: {
  label: string
  value: V
  onValueChange(value: V): void
  options: readonly SelectOption<V>[]
}) {
  const id = useId()
  return (
    <span>
      <label htmlFor={id} className={cellLabelClass}>
        {label}
      </label>
      <Select<V> id={id} className="w-full" {...rest} />
    </span>
  )
}
