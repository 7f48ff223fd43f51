'use client'
import { CircleAlert, Search, X } from 'lucide-react'
import { useId, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { cn } from '#components/ui/cn.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { useShortcut } from '#components/ui/shortcuts.ts'
import { type FilterField, parseContainerFilter, suggestFilter } from '#lib/containers/filter.ts'
import { managers } from '#lib/containers/managed-by.ts'
import { containerStates, healthStates } from '#lib/containers/states.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'

/** The filter as text, with what can be typed next, and what is wrong with it said below. */
export function FilterBar({
  value,
  onChange,
  containers,
  hosts,
}: {
  value: string
  onChange(value: string): void
  containers: readonly Container[]
  hosts: readonly Host[]
}) {
  const t = useTranslations('containers')
  const common = useTranslations('common')
  const input = useRef<HTMLInputElement>(null)
  const [cursor, setCursor] = useState(value.length)
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState(-1)
  const listId = useId()
  useShortcut('/', () => input.current?.focus(), { group: 'list', label: t('filter.label') })
  const values = useFilterValues(containers, hosts, open)
  const { replaceFrom, options } = useMemo(
    () => suggestFilter(value, cursor, values),
    [value, cursor, values],
  )
  const parsed = parseContainerFilter(value)
  const take = (option: string) => {
    const complete = option.endsWith(':') ? option : `${option} `
    const next = value.slice(0, replaceFrom) + complete + value.slice(cursor).trimStart()
    onChange(next)
    setChosen(-1)
    requestAnimationFrame(() => {
      const at = replaceFrom + complete.length
      input.current?.setSelectionRange(at, at)
      setCursor(at)
    })
  }
  const showing = open && options.length > 0
  return (
    <div className="relative min-w-0 flex-1 md:max-w-xl">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-faint pointer-coarse:top-3"
      />
      <Input
        ref={input}
        role="combobox"
        aria-label={t('filter.label')}
        aria-expanded={showing}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={showing && chosen >= 0 ? `${listId}-${chosen}` : undefined}
        aria-invalid={parsed.ok ? undefined : true}
        placeholder={t('filter.placeholder')}
        autoComplete="off"
        spellCheck={false}
        className="pr-8 pl-8"
        value={value}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          onChange(event.target.value)
          setCursor(event.target.selectionStart ?? event.target.value.length)
          setChosen(-1)
          setOpen(true)
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            if (showing && value !== '') setOpen(false)
            else event.currentTarget.blur()
          } else if (showing && event.key === 'ArrowDown') setChosen((chosen + 1) % options.length)
          else if (showing && event.key === 'ArrowUp')
            setChosen((chosen - 1 + options.length) % options.length)
          else if (showing && (event.key === 'Enter' || event.key === 'Tab') && chosen >= 0)
            take(options[chosen] as string)
          else if (event.key === 'Enter') event.currentTarget.blur()
          else return
          event.preventDefault()
        }}
      />
      {value !== '' && (
        <IconButton
          inPreview
          size="sm"
          label={common('clear')}
          icon={<X />}
          className="absolute top-1 right-1"
          onClick={() => onChange('')}
        />
      )}
      {showing && (
        <div
          id={listId}
          role="listbox"
          aria-label={t('filter.label')}
          className="absolute top-full z-30 mt-1 max-h-72 w-full overflow-y-auto rounded-md border border-line-strong bg-raised py-1 shadow-raised"
        >
          {options.map((option, index) => (
            <div
              key={option}
              id={`${listId}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              className={cn(
                'cursor-default truncate px-3 py-1 font-mono text-xs hover:bg-hover',
                index === chosen && 'bg-hover',
              )}
              onPointerDown={(event) => {
                event.preventDefault()
                take(option)
              }}
            >
              {option}
            </div>
          ))}
        </div>
      )}
      {!parsed.ok && (
        <p role="alert" className="mt-1 flex items-center gap-1.5 text-danger text-xs">
          <CircleAlert aria-hidden className="size-3.5 shrink-0" />
          {t(`filter.${parsed.problem.reason}`, { text: parsed.problem.text })}
        </p>
      )}
    </div>
  )
}

/** What there is to choose from; gathered only while the list may be open. */
function useFilterValues(
  containers: readonly Container[],
  hosts: readonly Host[],
  needed: boolean,
): Record<FilterField, string[]> {
  return useMemo(() => {
    const none: string[] = []
    if (!needed) {
      return {
        host: none,
        tag: none,
        state: none,
        health: none,
        image: none,
        stack: none,
        manager: none,
        label: none,
        name: none,
      }
    }
    const unique = (list: Iterable<string>) => [...new Set(list)].sort()
    return {
      host: hosts.map((host) => host.name),
      tag: unique(hosts.flatMap((host) => host.tags)),
      state: [...containerStates],
      health: [...healthStates],
      image: unique(containers.map((container) => container.image)),
      stack: unique(containers.flatMap((container) => container.stack ?? [])),
      manager: [...managers],
      label: unique(
        containers.flatMap((container) =>
          Object.entries(container.labels).map(([key, value]) => `${key}=${value}`),
        ),
      ),
      name: unique(containers.map((container) => container.name)),
    }
  }, [containers, hosts, needed])
}
