'use client'
import { Download } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { apiUrl } from '#components/data/api.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem } from '#components/ui/menu.tsx'
import type { LogSelection, LogSource } from '#lib/contracts/logs.ts'
import { isFiltering } from '#lib/logs/filter.ts'
import type { LogView } from './log-options.ts'
import { sourceRef } from './log-place.ts'
import { readMoment } from './read-moment.ts'
import { isMuted } from './use-line-filter.ts'

/**
 * The log (or the span chosen) as a file, straight from the server: it may be larger than any page. What the view keeps,
 * of all lines and not only those on the page, or everything.
 */
export function LogDownload({
  selection,
  view,
  sources,
}: {
  selection: LogSelection
  view: LogView
  sources: readonly LogSource[]
}) {
  const t = useTranslations('logs')
  const { keep, mode, level, solo, mute } = view
  const isFiltered = isFiltering(view) || solo.length > 0 || mute.length > 0
  const address = (format: 'text' | 'ndjson', kept: boolean) => {
    const audible = sources.filter((source) => !isMuted(solo, mute, sourceRef(source)))
    const isLess = kept && audible.length > 0 && audible.length < sources.length
    const chosen: LogSelection = isLess ? { containers: audible } : selection
    return apiUrl('GET /api/logs/download', {
      query: {
        ...('filter' in chosen
          ? { filter: chosen.filter }
          : { containers: chosen.containers.map((ref) => `${ref.hostId}/${ref.containerId}`).join(',') }),
        since: readMoment(view.since, Date.now()),
        until: readMoment(view.until, Date.now()),
        ...(view.streams === 'both' ? {} : { [view.streams === 'stdout' ? 'stderr' : 'stdout']: false }),
        ...(kept && keep !== '' ? { keep, mode } : {}),
        ...(kept && level !== null ? { level } : {}),
        format,
      },
    })
  }
  const save = (format: 'text' | 'ndjson', kept: boolean) => {
    const link = document.createElement('a')
    link.href = address(format, kept)
    link.download = ''
    link.click()
  }
  return (
    <Menu trigger={<IconButton size="sm" label={t('download')} icon={<Download />} />}>
      {isFiltered && (
        <>
          <MenuItem onSelect={() => save('text', true)}>{t('downloadKeptText')}</MenuItem>
          <MenuItem onSelect={() => save('ndjson', true)}>{t('downloadKeptJson')}</MenuItem>
        </>
      )}
      <MenuItem onSelect={() => save('text', false)}>{t('downloadText')}</MenuItem>
      <MenuItem onSelect={() => save('ndjson', false)}>{t('downloadJson')}</MenuItem>
    </Menu>
  )
}
