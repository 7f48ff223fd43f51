'use client'
import { ChevronRight } from 'lucide-react'
import { Fragment } from 'react'
import { useTranslations } from 'use-intl'
import { printableName } from '#lib/byte-name.ts'

export function joinPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** The way to the folder, each part a step back. */
export function PathBar({ path, onOpen }: { path: string; onOpen(path: string): void }) {
  const t = useTranslations('files')
  const parts = path.split('/').filter((part) => part !== '')
  return (
    <nav
      aria-label={t('path')}
      className="flex min-w-0 flex-1 basis-full flex-wrap items-center gap-0.5 font-mono text-xs md:basis-0"
    >
      <button type="button" className="rounded-sm px-1 hover:bg-hover" onClick={() => onOpen('/')}>
        /
      </button>
      {parts.map((part, index) => (
        // The same name may come again further down.
        // oxlint-disable-next-line react/no-array-index-key -- see above
        <Fragment key={`${index} ${part}`}>
          {index > 0 && <ChevronRight aria-hidden className="size-3 text-ink-faint" />}
          <button
            type="button"
            aria-current={index === parts.length - 1 ? 'location' : undefined}
            className="max-w-40 truncate rounded-sm px-1 hover:bg-hover aria-[current]:font-medium"
            onClick={() => onOpen(`/${parts.slice(0, index + 1).join('/')}`)}
          >
            {printableName(part)}
          </button>
        </Fragment>
      ))}
    </nav>
  )
}
