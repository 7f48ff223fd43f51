'use client'
import { useTranslations } from 'use-intl'
import { Check } from './check.tsx'
import { useSpecForm } from './form-context.tsx'
import { Cell, CellSelect, Rows } from './rows.tsx'
import { Section } from './section.tsx'

type Protocol = 'tcp' | 'udp' | 'sctp'
const protocols = (['tcp', 'udp', 'sctp'] as const).map((value) => ({ value, label: value }))

/** Ports of the host that lead into the container. */
export function PortsSection() {
  const t = useTranslations('create')
  const { spec, set, errorAt } = useSpecForm()
  const wrong = errorAt('ports')
  return (
    <Section
      title={t('section.ports')}
      summary={spec.ports.length > 0 ? t('set', { count: spec.ports.length }) : undefined}
      defaultOpen
    >
      {wrong && (
        <p role="alert" className="text-danger text-xs">
          {wrong}
        </p>
      )}
      <Rows
        path="ports"
        label={t('section.ports')}
        rows={spec.ports}
        fresh={() => ({ hostIp: '', hostPort: '', containerPort: 80, protocol: 'tcp' as const })}
        addLabel={t('add.ports')}
        onChange={(ports) => set({ ports })}
      >
        {(row, change, path) => (
          <>
            <Cell
              path={`${path}.hostIp`}
              label={t('hostIp')}
              placeholder={t('anyAddress')}
              value={row.hostIp}
              onChange={(hostIp) => change({ hostIp: hostIp.trim() })}
            />
            <Cell
              path={`${path}.hostPort`}
              label={t('hostPort')}
              placeholder={t('anyPort')}
              value={row.hostPort}
              onChange={(hostPort) => change({ hostPort: hostPort.trim() })}
            />
            <Cell
              path={`${path}.containerPort`}
              label={t('containerPort')}
              value={row.containerPort === 0 ? '' : String(row.containerPort)}
              inputMode="numeric"
              onChange={(text) => change({ containerPort: Number(text.replaceAll(/\D/g, '').slice(0, 5)) })}
            />
            <CellSelect<Protocol>
              label={t('protocol')}
              value={row.protocol}
              onValueChange={(protocol) => change({ protocol })}
              options={protocols}
            />
          </>
        )}
      </Rows>
      <Check
        label={t('field.publishAll')}
        checked={spec.publishAll}
        onChange={(publishAll) => set({ publishAll })}
      />
    </Section>
  )
}
