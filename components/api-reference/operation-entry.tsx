'use client'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { basePath } from '#components/data/api.ts'
import { Badge } from '#components/ui/badge.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { curlOf, type Operation } from './operations.ts'
import { schemaText } from './schema-text.ts'

/** One call: a line that opens to what it asks for, takes and answers. */
export function OperationEntry({ operation }: { operation: Operation }) {
  const t = useTranslations('apiReference')
  const { method, path, summary, access, parameters, body, answer } = operation
  return (
    <li className="border-b last:border-b-0">
      <details className="group">
        <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 gap-y-0.5 px-3 py-2 hover:bg-hover">
          <span className="w-14 shrink-0 font-mono font-semibold text-xs">{method}</span>
          <code className="min-w-0 break-words text-xs">
            {path.split('/').map((part, index) => (
              // A part has no other identity than its place, and a line breaks before its slash.
              <span key={`${index} ${part}`}>
                {index > 0 && (
                  <>
                    <wbr />/
                  </>
                )}
                {part}
              </span>
            ))}
          </code>
          <span className="ml-auto text-ink-muted text-xs max-md:ml-0 max-md:w-full">{summary}</span>
        </summary>
        <div className="flex flex-col gap-3 px-3 pt-1 pb-4">
          <p className="flex flex-wrap items-center gap-2 text-ink-muted text-xs">
            {access === 'anonymous' ? (
              t('anonymous')
            ) : access === 'session' ? (
              t('session')
            ) : (
              <span>{t.rich('permission', { permission: access, code: (text) => <code>{text}</code> })}</span>
            )}
            {access !== 'anonymous' && !operation.takesToken && <Badge>{t('noToken')}</Badge>}
          </p>
          {parameters.length > 0 && (
            <Part title={t('parameters')}>
              <dl className="grid grid-cols-[minmax(6rem,max-content)_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
                {parameters.map((one) => (
                  <div key={`${one.in} ${one.name}`} className="contents">
                    <dt>
                      <code>{one.name}</code>
                    </dt>
                    <dd className="min-w-0 text-ink-muted">
                      <code className="break-all">{schemaText(one.schema)}</code>{' '}
                      {one.in === 'path' ? t('inPath') : one.required ? t('required') : t('optional')}
                    </dd>
                  </div>
                ))}
              </dl>
            </Part>
          )}
          {body && <Part title={t('body')}>{typeOf(body)}</Part>}
          <Part title={t('answer')}>
            {answer ? typeOf(answer) : <p className="text-ink-muted text-xs">204</p>}
          </Part>
          {operation.takesToken && (
            <CodeBlock text={curlOf(operation, `${location.origin}${basePath()}`)} label="curl" />
          )}
        </div>
      </details>
    </li>
  )
}

function typeOf({ mediaTypes, type }: NonNullable<Operation['body']>) {
  return type === null ? (
    <code className="text-xs">{mediaTypes.join(', ')}</code>
  ) : (
    <pre
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard (WCAG 2.1.1)
      tabIndex={0}
      className="max-h-96 overflow-auto text-xs leading-5"
    >
      {type}
    </pre>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <h3 className="pb-1 font-medium text-xs">{title}</h3>
      {children}
    </div>
  )
}
