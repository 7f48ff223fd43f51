'use client'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useTranslations } from 'use-intl'
import { useHost } from '#components/data/use-live.ts'
import { useMayWith, useSession } from '#components/data/use-session.ts'
import { NotInPreview } from '#components/page/not-in-preview.tsx'
import { Age } from '#components/ui/age.tsx'
import { Tabs } from '#components/ui/tabs.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import { isStale } from './container-state.tsx'
import { containerTabs } from './container-tabs.tsx'
import { ManagerLine } from './managed-by.tsx'

const tabIds = containerTabs.map((tab) => tab.id)

/** Everything about one container, in the drawer and on its page alike. The live part never waits for the engine. */
export function ContainerDetailView({ container }: { container: Container }) {
  const t = useTranslations('containers.drawer')
  const host = useHost(container.hostId)
  const may = useMayWith(container)
  const { preview } = useSession()
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabIds).withDefault('overview'))
  const stale = isStale(host)
  const tabs = containerTabs.filter(({ permission }) => may(permission))
  return (
    <>
      {stale && host && (
        <p className="hatched shrink-0 border-b px-4 py-2 text-ink-muted">
          {t.rich('unreachable', {
            host: host.name,
            state: host.state,
            age: () => <Age at={host.syncedAt} />,
          })}
        </p>
      )}
      <ManagerLine container={container} />
      <Tabs
        label={t('tabsLabel')}
        // A link may name a tab that is not for this reader.
        value={tabs.some(({ id }) => id === tab) ? tab : 'overview'}
        onValueChange={(next) => void setTab(next)}
        tabs={tabs.map(({ id, reaches, Content }) => ({
          value: id,
          label: t(`tabs.${id}`),
          content:
            preview && reaches ? (
              <NotInPreview />
            ) : (
              <Content container={container} host={host} stale={stale} />
            ),
        }))}
      />
    </>
  )
}
