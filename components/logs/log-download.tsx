'use client'
import { Download } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { apiUrl } from '#components/data/api.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem } from '#components/ui/menu.tsx'
import type { LogSelection } from '#lib/contracts/logs.ts'
import { type LogView, readMoment } from './log-options.ts'

/** The whole log (or the span chosen) as a file, straight from the server: it may be larger than any page. */
export function LogDownload({ selection, view }: { selection: LogSelection; view: LogView }) {
  const t = useTranslations('logs')
  const address = (format: 'text' | 'ndjson') =>
    apiUrl('/api/logs/download', {
      ...('filter' in selection
        ? { filter: selection.filter }
        : { containers: selection.containers.map((ref) => `${ref.hostId}/${ref.containerId}`).join(',') }),
      since: readMoment(view.since, Date.now()),
      until: readMoment(view.until, Date.now()),
      ...(view.streams === 'both' ? {} : { [view.streams === 'stdout' ? 'stderr' : 'stdout']: false }),
      format,
    })
  const save = (format: 'text' | 'ndjson') => {
    const link = document.createElement('a')
    link.href = address(format)
    link.download = ''
    link.click()
  }
  return (
    <Menu trigger={<IconButton size="sm" label={t('download')} icon={<Download />} />}>
      <MenuItem onSelect={() => save('text')}>{t('downloadText')}</MenuItem>
      <MenuItem onSelect={() => save('ndjson')}>{t('downloadJson')}</MenuItem>
    </Menu>
  )
}
