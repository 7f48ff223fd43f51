'use client'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Cell, Rows } from './rows.tsx'

interface Pair {
  name: string
  value: string
}

/** Rows of a name and a value: variables, labels, options. */
export function PairRows(props: {
  /** Of the list in the spec. */
  path: string
  label: string
  rows: readonly Pair[]
  addLabel: string
  actions?: ReactNode
  onChange(rows: Pair[]): void
}) {
  const t = useTranslations('create')
  return (
    <Rows {...props} fresh={() => ({ name: '', value: '' })}>
      {(row, change, path) => (
        <>
          <Cell
            path={`${path}.name`}
            label={t('name')}
            value={row.name}
            onChange={(name) => change({ name })}
          />
          <Cell
            path={`${path}.value`}
            label={t('value')}
            value={row.value}
            className="sm:flex-[2]"
            onChange={(value) => change({ value })}
          />
        </>
      )}
    </Rows>
  )
}
