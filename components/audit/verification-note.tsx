'use client'
import { ShieldAlert, ShieldCheck, X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { cn } from '#components/ui/cn.ts'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { AuditVerification } from '#lib/contracts/audit.ts'

/** What a walk along the chain came to; with its head, which tells of a tail that is cut off later. */
export function VerificationNote({ result, onClose }: { result: AuditVerification; onClose(): void }) {
  const t = useTranslations('audit.verified')
  const common = useTranslations('common')
  const format = useFormat()
  const { broken, entries, head } = result
  const Icon = broken ? ShieldAlert : ShieldCheck
  return (
    <div
      className={cn(
        'mb-3 flex items-start gap-2.5 rounded-md border px-3 py-2',
        broken ? 'border-danger/40 bg-danger-soft' : 'border-line-strong bg-surface',
      )}
    >
      <Icon
        aria-hidden
        className={cn('mt-0.5 size-4 shrink-0', broken ? 'text-danger' : 'text-state-running')}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          {broken ? t('broken', { sequence: broken.sequence }) : t('holds', { count: format.count(entries) })}
        </p>
        <p className="text-ink-muted">{broken ? t(broken.fault) : t('tail')}</p>
        {head && !broken && (
          <p className="flex items-center gap-1 text-xs">
            <code className="truncate">{`${head.sequence} ${head.hash}`}</code>
            <CopyButton text={`${head.sequence} ${head.hash}`} />
          </p>
        )}
      </div>
      <IconButton inPreview size="sm" label={common('close')} icon={<X />} onClick={onClose} />
    </div>
  )
}
