'use client'
import { useMutation } from '@tanstack/react-query'
import { Eye } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { api, basePath } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Session } from '#lib/contracts/account.ts'
import { Banner } from './banner.tsx'

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
    <Banner label={t('label')} icon={<Eye aria-hidden />}>
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
    </Banner>
  )
}
