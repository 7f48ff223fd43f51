'use client'
import { ExternalLink } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { links } from '#components/data/links.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { cn } from '#components/ui/cn.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { useThemeMode } from '#components/ui/theme.ts'
import type { LogSource } from '#lib/contracts/logs.ts'
import { gutterColour } from './format-line.ts'
import type { LogView, SetLogView } from './log-options.ts'
import { sourceRef } from './log-place.ts'
import { isMuted } from './use-line-filter.ts'

/**
 * Who speaks, in which colour, and how each is. One that simply follows is only named. Its name mutes it; alone leaves it
 * and the others that are.
 */
export function LogSources({
  sources,
  left,
  view: { solo, mute },
  setView,
}: {
  sources: readonly LogSource[]
  left: number
  view: LogView
  setView: SetLogView
}) {
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
        const ref = sourceRef(source)
        const muted = isMuted(solo, mute, ref)
        const isAlone = solo.includes(ref)
        return (
          <li key={source.index} className="flex items-center gap-1.5 whitespace-nowrap">
            {sources.length > 1 && (
              <span
                aria-hidden
                className={cn('h-3 w-1 rounded-sm', muted && 'opacity-30')}
                style={{ backgroundColor: `rgb(${red} ${green} ${blue})` }}
              />
            )}
            {sources.length > 1 ? (
              <>
                <button
                  type="button"
                  aria-pressed={muted}
                  aria-label={t('mute', { name: source.name, host: source.host })}
                  title={t('mute', { name: source.name, host: source.host })}
                  className={cn(
                    'rounded-sm hover:underline pointer-coarse:min-h-10',
                    muted && 'text-ink-faint line-through',
                  )}
                  onClick={() =>
                    solo.length > 0
                      ? setView({ solo: toggled(solo, ref) })
                      : setView({ mute: toggled(mute, ref) })
                  }
                >
                  {source.name}
                </button>
                <span className="text-ink-faint">{source.host}</span>
                <button
                  type="button"
                  aria-pressed={isAlone}
                  aria-label={t('solo', { name: source.name, host: source.host })}
                  title={t('solo', { name: source.name, host: source.host })}
                  className="rounded-sm border px-1 text-ink-muted hover:bg-hover aria-pressed:border-accent aria-pressed:text-accent pointer-coarse:min-h-10 pointer-coarse:px-2.5"
                  onClick={() => setView({ solo: toggled(solo, ref) })}
                >
                  {t('soloShort')}
                </button>
                <Link
                  aria-label={t('openSource', { name: source.name, host: source.host })}
                  title={t('openSource', { name: source.name, host: source.host })}
                  className="text-ink-faint hover:text-ink [&_svg]:size-3.5"
                  href={href(links.container({ hostId: source.hostId, id: source.containerId }))}
                >
                  <ExternalLink aria-hidden />
                </Link>
              </>
            ) : (
              <Link
                className="hover:underline"
                href={href(links.container({ hostId: source.hostId, id: source.containerId }))}
              >
                {source.name}
              </Link>
            )}
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

const toggled = (list: readonly string[], ref: string) => {
  const next = list.includes(ref) ? list.filter((each) => each !== ref) : [...list, ref]
  return next.length > 0 ? next : null
}
