'use client'
import { Command } from 'cmdk'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { everything } from '#components/data/scope.ts'
import { useAllHosts } from '#components/data/use-live.ts'
import { useScope } from '#components/data/use-scope.ts'
import { cn } from '#components/ui/cn.ts'
import { menuItemClass, menuLabelClass } from '#components/ui/menu-looks.ts'

const itemClass = cn(menuItemClass(), 'data-[selected=true]:bg-press')

/** What the scope picker opens: all, one tag, or any number of hosts. */
export default function ScopeList({ onClose }: { onClose(): void }) {
  const t = useTranslations('shell.scope')
  const hosts = useAllHosts()
  const { scope, setScope } = useScope()
  const chosen = scope.kind === 'hosts' ? scope.hostIds : []
  const tags = [...new Set(hosts.flatMap((host) => host.tags))].sort((a, b) => a.localeCompare(b))

  const toggle = (hostId: string) => {
    const hostIds = chosen.includes(hostId) ? chosen.filter((id) => id !== hostId) : [...chosen, hostId]
    setScope(hostIds.length > 0 ? { kind: 'hosts', hostIds } : everything)
  }
  const tagCount = (tag: string) => hosts.filter((host) => host.tags.includes(tag)).length

  return (
    <Command label={t('label')} loop className="flex min-h-0 flex-col">
      <Command.Input
        placeholder={t('search')}
        className="h-9 shrink-0 border-b bg-transparent px-3 outline-none placeholder:text-ink-faint"
      />
      <Command.List className="max-h-80 min-h-24 overflow-y-auto p-1">
        <Command.Empty className="px-2 py-6 text-center text-ink-muted">
          {hosts.length === 0 ? t('noHosts') : t('nothing')}
        </Command.Empty>
        <Command.Item
          className={itemClass}
          onSelect={() => {
            setScope(everything)
            onClose()
          }}
        >
          <Mark on={scope.kind === 'all'} />
          {t('all')}
        </Command.Item>
        {tags.length > 0 && (
          <Command.Group heading={<span className={menuLabelClass}>{t('tags')}</span>}>
            {tags.map((tag) => (
              <Command.Item
                key={tag}
                value={`tag:${tag}`}
                className={itemClass}
                onSelect={() => {
                  setScope({ kind: 'tag', tag })
                  onClose()
                }}
              >
                <Mark on={scope.kind === 'tag' && scope.tag === tag} />
                <span className="min-w-0 flex-1 truncate">{tag}</span>
                <span className="text-ink-faint text-xs">{tagCount(tag)}</span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
        {hosts.length > 0 && (
          <Command.Group heading={<span className={menuLabelClass}>{t('hostsGroup')}</span>}>
            {hosts.map((host) => (
              <Command.Item
                key={host.id}
                value={host.id}
                keywords={[host.name, host.address]}
                className={itemClass}
                onSelect={() => toggle(host.id)}
              >
                <Mark on={chosen.includes(host.id)} />
                <span className="min-w-0 flex-1 truncate">{host.name}</span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
      </Command.List>
      <p className="shrink-0 border-t px-3 py-2 text-ink-faint text-xs">{t('hint')}</p>
    </Command>
  )
}

function Mark({ on }: { on: boolean }): ReactNode {
  return (
    <span className="grid size-4 place-items-center">
      {on && <Check aria-hidden className="size-4 text-accent" />}
    </span>
  )
}
