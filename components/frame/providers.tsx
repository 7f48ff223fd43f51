'use client'
import './intl.ts'
import { QueryClientProvider } from '@tanstack/react-query'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import { type ReactNode, useState } from 'react'
import { IntlProvider, type Messages } from 'use-intl'
import { createQueryClient } from '#components/data/query-client.ts'
import { ProofDialog } from '#components/proof/proof-dialog.tsx'
import { Toaster } from '#components/ui/toast.tsx'
import { TooltipProvider } from '#components/ui/tooltip.tsx'

/** What every page needs. The catalogue comes with the page, so that only one language travels. */
export function Providers({
  locale,
  messages,
  children,
}: {
  locale: string
  messages: Messages
  children: ReactNode
}) {
  const [queryClient] = useState(createQueryClient)
  // Dates appear only in live data, which the server's rendering does not have: the two zones never meet.
  const [timeZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  return (
    <IntlProvider locale={locale} messages={messages} timeZone={timeZone}>
      <QueryClientProvider client={queryClient}>
        <NuqsAdapter>
          <TooltipProvider>
            {children}
            <ProofDialog />
          </TooltipProvider>
          <Toaster />
        </NuqsAdapter>
      </QueryClientProvider>
    </IntlProvider>
  )
}
