'use client'
import { useId } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { Check } from './check.tsx'
import { useSpecForm } from './form-context.tsx'
import { wordList } from './parsed-field.tsx'
import { Cell, CellSelect, Rows } from './rows.tsx'
import { Section } from './section.tsx'

type Type = 'bind' | 'volume' | 'tmpfs'
const types: readonly Type[] = ['volume', 'bind', 'tmpfs']

/** Volumes, paths of the host, and memory that the container sees as folders. */
export function StorageSection() {
  const t = useTranslations('create')
  const { spec, set } = useSpecForm()
  const volumes = useFleet((fleet) => fleet.volumes)
  const listId = useId()
  return (
    <Section
      title={t('section.storage')}
      summary={spec.mounts.length > 0 ? t('set', { count: spec.mounts.length }) : undefined}
      defaultOpen
    >
      <datalist id={listId}>
        {[...new Set([...volumes.values()].map(({ id }) => id))]
          .filter((name) => !/^[0-9a-f]{64}$/.test(name))
          .slice(0, 300)
          .map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
      </datalist>
      <Rows
        path="mounts"
        label={t('section.storage')}
        rows={spec.mounts}
        fresh={() => ({ type: 'volume' as const, source: '', target: '', readOnly: false, options: [] })}
        addLabel={t('add.mounts')}
        onChange={(mounts) => set({ mounts })}
      >
        {(row, change, path) => (
          <>
            <CellSelect<Type>
              label={t('mountType')}
              value={row.type}
              onValueChange={(type) => change(type === 'tmpfs' ? { type, source: '' } : { type })}
              options={types.map((value) => ({ value, label: t(`mount.${value}`) }))}
            />
            {row.type !== 'tmpfs' && (
              <Cell
                path={`${path}.source`}
                label={t(`source.${row.type}`)}
                placeholder={row.type === 'volume' ? t('unnamed') : '/srv/data'}
                value={row.source}
                {...(row.type === 'volume' ? { list: listId } : {})}
                onChange={(source) => change({ source: source.trim() })}
              />
            )}
            <Cell
              path={`${path}.target`}
              label={t('target')}
              placeholder="/data"
              value={row.target}
              onChange={(target) => change({ target: target.trim() })}
            />
            <Cell
              path={`${path}.options`}
              label={t('mountOptions')}
              className="sm:max-w-28"
              value={row.options.join(',')}
              onChange={(text) => change({ options: wordList.parse(text) ?? [] })}
            />
            <Check
              label={t('readOnly')}
              className="shrink-0 pt-1.5 sm:group-first-of-type:mt-5"
              checked={row.readOnly}
              onChange={(readOnly) => change({ readOnly })}
            />
          </>
        )}
      </Rows>
    </Section>
  )
}
