'use client'
import { useId } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { useSpecForm } from './form-context.tsx'
import { ParsedField, wordList } from './parsed-field.tsx'
import { Cell, Rows } from './rows.tsx'
import { Section } from './section.tsx'

/** Networks with names and addresses in them, and how names are found. */
export function NetworkSection() {
  const t = useTranslations('create')
  const { spec, set } = useSpecForm()
  const networks = useFleet((fleet) => fleet.networks)
  const listId = useId()
  const names = [...new Set(['host', 'none', ...[...networks.values()].map(({ name }) => name)])]
  const list = (field: 'dns' | 'dnsSearch' | 'extraHosts', placeholder: string) => (
    <ParsedField
      path={field === 'extraHosts' ? 'extraHosts.0' : field}
      label={t(`field.${field}`)}
      value={spec[field].length > 0 ? spec[field] : undefined}
      notation={wordList}
      placeholder={placeholder}
      onChange={(words) => set({ [field]: words ?? [] })}
    />
  )
  return (
    <Section
      title={t('section.network')}
      summary={spec.networks.map(({ name }) => name).join(', ') || t('defaultNetwork')}
    >
      <datalist id={listId}>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
      <Rows
        path="networks"
        label={t('section.network')}
        rows={spec.networks}
        fresh={() => ({ name: '', aliases: [], ip: '' })}
        addLabel={t('add.networks')}
        onChange={(next) => set({ networks: next })}
      >
        {(row, change, path) => (
          <>
            <Cell
              path={`${path}.name`}
              label={t('networkName')}
              value={row.name}
              list={listId}
              onChange={(name) => change({ name: name.trim() })}
            />
            <Cell
              path={`${path}.aliases`}
              label={t('aliases')}
              value={row.aliases.join(',')}
              onChange={(text) => change({ aliases: wordList.parse(text) ?? [] })}
            />
            <Cell
              path={`${path}.ip`}
              label={t('fixedIp')}
              value={row.ip}
              onChange={(ip) => change({ ip: ip.trim() })}
            />
          </>
        )}
      </Rows>
      <div className="grid gap-3 sm:grid-cols-2">
        {list('dns', '1.1.1.1')}
        {list('dnsSearch', 'example.org')}
        {list('extraHosts', 'db:10.0.0.5')}
      </div>
    </Section>
  )
}
