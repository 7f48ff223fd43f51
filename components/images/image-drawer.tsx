'use client'
import { useQuery } from '@tanstack/react-query'
import { CopyPlus, Download, Tag, Trash2 } from 'lucide-react'
import Link from 'next/link'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { links } from '#components/data/links.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet, useHosts } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { Fact, Facts, Identifier } from '#components/details/facts.tsx'
import { Section } from '#components/details/section.tsx'
import { SilentHosts, useSilentHosts } from '#components/object-list/silent-hosts.tsx'
import { Button } from '#components/ui/button.tsx'
import { Drawer } from '#components/ui/drawer.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { JsonView } from '#components/ui/json-view.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { Tabs } from '#components/ui/tabs.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Image } from '#lib/contracts/images.ts'
import type { ImageGroup } from '#lib/images/groups.ts'
import { type ImageAction, useMayWithImages } from './image-menu.tsx'

const tabs = ['overview', 'history', 'inspect'] as const

/** One image wherever it lies. What only an engine knows is asked of the first online host that holds it. */
export function ImageDrawer({
  group,
  onClose,
  onAct,
}: {
  group: ImageGroup | undefined
  onClose(): void
  onAct(action: ImageAction, group: ImageGroup): void
}) {
  const t = useTranslations('images')
  const hosts = useFleet((fleet) => fleet.hosts)
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('overview'))
  const may = useMayWithImages()
  const { silent } = useSilentHosts('images')
  const source = group?.copies.find((copy) => hosts.get(copy.hostId)?.state === 'online')
  return (
    <Drawer
      open
      onOpenChange={(next) => !next && onClose()}
      title={group ? (group.tags[0] ?? t('untagged')) : t('drawer.gone')}
      subtitle={group?.id.slice(7, 19)}
      actions={
        group && (
          <>
            {may('tag', group) && (
              <IconButton
                label={t('action.tag')}
                icon={<Tag />}
                side="bottom"
                onClick={() => onAct('tag', group)}
              />
            )}
            {may('remove', group) && (
              <IconButton
                label={t('action.remove')}
                icon={<Trash2 />}
                side="bottom"
                onClick={() => onAct('remove', group)}
              />
            )}
          </>
        )
      }
    >
      {group ? (
        <Tabs
          label={t('drawer.tabsLabel')}
          value={tab}
          onValueChange={(next) => void setTab(next)}
          tabs={[
            {
              value: 'overview',
              label: t('drawer.tabs.overview'),
              content: <Overview group={group} onAct={(action) => onAct(action, group)} />,
            },
            // A manifest list has no layers.
            ...(group.platforms
              ? []
              : [
                  {
                    value: 'history' as const,
                    label: t('drawer.tabs.history'),
                    content: <History source={source} />,
                  },
                ]),
            { value: 'inspect', label: t('drawer.tabs.inspect'), content: <Inspect source={source} /> },
          ]}
        />
      ) : (
        <p className="p-4 text-ink-muted">
          {t(silent.length > 0 ? 'drawer.goneAnswered' : 'drawer.goneText')} <SilentHosts hosts={silent} />
        </p>
      )}
    </Drawer>
  )
}

const scrolling = 'fill gap-4 overflow-y-auto p-4'

function Overview({ group, onAct }: { group: ImageGroup; onAct(action: ImageAction): void }) {
  const t = useTranslations('images.drawer')
  const format = useFormat()
  const href = useScopedHref()
  const hosts = useFleet((fleet) => fleet.hosts)
  const inScope = useHosts()
  const may = useMayWithImages()
  const held = new Set(group.copies.map((copy) => copy.hostId))
  const missing = inScope.filter((host) => !held.has(host.id))
  const platform = group.copies.find((copy) => copy.os)
  return (
    <div className={scrolling}>
      <Facts>
        <Fact label={t('digest')}>
          <Identifier text={group.id} />
        </Fact>
        <Fact label={t('tags')}>
          {group.tags.map((tag) => (
            <Identifier key={tag} text={tag} />
          ))}
        </Fact>
        {group.createdAt && <Fact label={t('created')}>{format.dateTime(group.createdAt)}</Fact>}
        <Fact label={t('size')}>{format.bytes(group.size)}</Fact>
        {group.platforms && (
          <Fact label={t('manifestList')}>{group.platforms.join(', ') || t('noPlatform')}</Fact>
        )}
        {platform && <Fact label={t('platform')}>{`${platform.os}/${platform.arch}`}</Fact>}
      </Facts>
      <Section title={t('present')}>
        <ul>
          {group.copies.map((copy) => (
            <li key={copy.hostId} className="flex gap-3 py-0.5">
              <span className="w-32 shrink-0 truncate">{hosts.get(copy.hostId)?.name}</span>
              <span className="min-w-0 truncate text-ink-muted">{copy.tags.join(', ') || '–'}</span>
              <span className="ml-auto shrink-0 text-ink-muted">{format.bytes(copy.size)}</span>
            </li>
          ))}
        </ul>
        <p className="text-ink-muted">
          {t('missing', { count: missing.length, names: missing.map((host) => host.name).join(', ') })}
        </p>
        {missing.some((host) => host.state === 'online') && (
          <div className="flex flex-wrap gap-2">
            {may('pull', group) && (
              <Button size="sm" onClick={() => onAct('pull')}>
                <Download aria-hidden /> {t('pullThere')}
              </Button>
            )}
            {may('copy', group) && (
              <Button size="sm" onClick={() => onAct('copy')}>
                <CopyPlus aria-hidden /> {t('copyThere')}
              </Button>
            )}
          </div>
        )}
      </Section>
      <Section title={t('users')}>
        {group.usedBy.length === 0 ? (
          <p className="text-ink-muted">{t(group.platforms ? 'listUsers' : 'noUsers')}</p>
        ) : (
          <ul>
            {group.usedBy.map((container) => (
              <li key={`${container.hostId}/${container.id}`} className="flex gap-3 py-0.5">
                <span className="w-32 shrink-0 truncate text-ink-muted">
                  {hosts.get(container.hostId)?.name}
                </span>
                <Link
                  href={href(links.container(container))}
                  className="truncate text-accent hover:underline"
                >
                  {container.name}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </div>
  )
}

function History({ source }: { source: Image | undefined }) {
  const t = useTranslations('images.drawer')
  const format = useFormat()
  const query = useQuery({
    queryKey: queryKeys.imageHistory(source?.hostId ?? '', source?.id ?? ''),
    queryFn: ({ signal }) =>
      api.get('/api/hosts/:hostId/images/:imageId/history', { params: paramsOf(source), signal }),
    enabled: source !== undefined,
  })
  if (!source) return <p className="p-4 text-ink-muted">{t('noSource')}</p>
  if (query.error)
    return <ErrorNote className="m-4" error={query.error} onRetry={() => void query.refetch()} />
  const steps = query.data
  return (
    <div className={scrolling}>
      {!steps && [1, 2, 3].map((each) => <Skeleton key={each} className="w-72" />)}
      {steps && <p className="text-ink-muted text-xs">{t('layers', { count: steps.length })}</p>}
      <ol className="flex flex-col">
        {steps?.map((step, index) => (
          <li key={`${step.createdBy} ${index}`} className="flex items-baseline gap-3 border-b py-1.5">
            <code className="min-w-0 flex-1 whitespace-pre-wrap break-words">
              {step.createdBy || step.comment}
            </code>
            <span className={step.size === 0 ? 'shrink-0 text-ink-faint' : 'shrink-0'}>
              {step.size === 0 ? t('emptyLayer') : format.bytes(step.size)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function Inspect({ source }: { source: Image | undefined }) {
  const t = useTranslations('images.drawer')
  const query = useQuery({
    queryKey: queryKeys.image(source?.hostId ?? '', source?.id ?? ''),
    queryFn: ({ signal }) =>
      api.get('/api/hosts/:hostId/images/:imageId', { params: paramsOf(source), signal }),
    enabled: source !== undefined,
  })
  if (!source) return <p className="p-4 text-ink-muted">{t('noSource')}</p>
  if (query.error)
    return <ErrorNote className="m-4" error={query.error} onRetry={() => void query.refetch()} />
  return (
    <div className={scrolling}>
      {query.data && <JsonView value={query.data.inspect} searchLabel={t('search')} />}
    </div>
  )
}

const paramsOf = (image: Image | undefined) => ({ hostId: image?.hostId ?? '', imageId: image?.id ?? '' })
