'use client'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { links } from '#components/data/links.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { useThemeMode } from '#components/ui/theme.ts'
import type { LogSource } from '#lib/contracts/logs.ts'
import { gutterColour } from './format-line.ts'

/** Who speaks, in which colour, and how each is. One that simply follows is only named. */
export function LogSources({ sources, left }: { sources: readonly LogSource[]; left: number }) {
  const t = useTranslations('logs')
  const theme = useThemeMode()
  const errorText = useErrorText()
  const href = useScopedHref()
  const [only] = sources
  if (sources.length === 0 || (sources.length === 1 && only && isQuiet(only))) return null
  return (
    <ul
      aria-label={t('sources')}
      className="flex shrink-0 gap-x-4 overflow-x-auto px-4 pb-1.5 text-xs md:px-5"
    >
      {sources.map((source) => {
        const [red, green, blue] = gutterColour(source.index, theme)
        const problem = source.error ? errorText(source.error) : null
        return (
          <li key={source.index} className="flex items-center gap-1.5 whitespace-nowrap">
            <span
              aria-hidden
              className="h-3 w-1 rounded-sm"
              style={{ backgroundColor: `rgb(${red} ${green} ${blue})` }}
            />
            <Link
              className="hover:underline"
              href={href(links.container({ hostId: source.hostId, id: source.containerId }))}
            >
              {source.name}
            </Link>
            <span className="text-ink-faint">{source.host}</span>
            {!isQuiet(source) && (
              <span className={source.state === 'failed' ? 'text-danger' : 'text-ink-muted'}>
                {t(`state.${source.state}`)}
                {problem ? `: ${problem.sentence}` : ''}
              </span>
            )}
            {source.state === 'failed' && problem?.remedy && (
              <span className="text-ink-muted">{problem.remedy}</span>
            )}
          </li>
        )
      })}
      {left > 0 && <li className="whitespace-nowrap text-caution">{t('tooMany', { count: left })}</li>}
    </ul>
  )
}

const isQuiet = ({ state }: LogSource) => state === 'following' || state === 'reading'
