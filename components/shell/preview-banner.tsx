'use client'
import { useMutation } from '@tanstack/react-query'
import { Eye } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { Session } from '#lib/contracts/account.ts'
import { api, basePath } from '../data/api.ts'
import { Button } from '../ui/button.tsx'
import { useErrorText } from '../ui/error-text.ts'
import { toast } from '../ui/toast.tsx'

/** Over every page while an administrator sees it as somebody else. Ends by a full load: nothing of it stays in memory. */
export function PreviewBanner({ person }: { person: NonNullable<Session['preview']> }) {
  const t = useTranslations('shell.preview')
  const errorText = useErrorText()
  const end = useMutation({
    mutationFn: () => api.delete('/api/preview'),
    onSuccess: () => window.location.assign(`${basePath()}/users`),
    onError: (error) => toast.error(t('failed'), { description: errorText(error).sentence }),
  })
  return (
    <section
      data-banner
      aria-label={t('label')}
      className="flex min-h-10 shrink-0 items-center gap-2.5 border-b bg-caution-soft px-4 py-1 text-caution"
    >
      <Eye aria-hidden className="size-4 shrink-0" />
      <p role="status" className="min-w-0 flex-1 md:truncate">
        {t.rich('text', {
          name: person.name,
          email: person.email,
          strong: (text) => <strong className="break-words font-semibold">{text}</strong>,
          // Two people may have one name; on a phone there is no room for more.
          wide: (text) => <span className="max-md:hidden">{text}</span>,
        })}
      </p>
      {/* Busy until the page is gone: it was answered, and another press would be refused. */}
      <Button inPreview size="sm" busy={end.isPending || end.isSuccess} onClick={() => end.mutate()}>
        {t('end')}
      </Button>
    </section>
  )
}
