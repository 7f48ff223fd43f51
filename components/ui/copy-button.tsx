'use client'
import { Check, Copy } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { copyText } from './copy-text.ts'
import { IconButton } from './icon-button.tsx'
import { toast } from './toast.tsx'

export function CopyButton({
  text,
  label,
  icon = <Copy />,
  className,
}: {
  text: string | (() => string)
  label?: string
  icon?: ReactNode
  className?: string
}) {
  const t = useTranslations('common')
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <IconButton
      inPreview
      size="sm"
      className={className}
      label={copied ? t('copied') : (label ?? t('copy'))}
      icon={copied ? <Check className="text-state-running" /> : icon}
      onClick={(event) => {
        event.stopPropagation()
        copyText(typeof text === 'string' ? text : text()).then(
          () => setCopied(true),
          () => toast.error(t('copyFailed')),
        )
      }}
    />
  )
}
