'use client'
import { useMutation } from '@tanstack/react-query'
import Link from 'next/link'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { CheckField } from '#components/ui/field.tsx'
import { Switch } from '#components/ui/switch.tsx'
import { toast } from '#components/ui/toast.tsx'
import type { People } from '#lib/contracts/users.ts'

/** The switch that asks everybody for a second factor. Whoever would lock themselves out by it is led to their own first. */
export function SecondFactorRule({
  people: { users, secondFactor },
  mayEdit,
  onChanged,
}: {
  people: People
  mayEdit: boolean
  onChanged(): Promise<unknown>
}) {
  const t = useTranslations('users.rule')
  const common = useTranslations('common')
  const errorText = useErrorText()
  const [asking, setAsking] = useState(false)
  const set = async (secondFactorRequired: boolean) => {
    await api.patch('/api/sign-in', { body: { secondFactorRequired } })
    toast.success(t(secondFactorRequired ? 'on' : 'off'))
    await onChanged()
  }
  const release = useMutation({
    mutationFn: () => set(false),
    onError: (error) => toast.error(t('failed'), { description: errorText(error).sentence }),
  })
  const { required, fixed, ready } = secondFactor
  const without = users.filter(
    ({ state, provider, secondFactors: { totp, passkeys } }) =>
      state === 'active' && provider === null && !totp && passkeys === 0,
  )
  return (
    <section aria-labelledby="second-factor-rule">
      <h2 id="second-factor-rule" className="mb-3 font-semibold">
        {t('title')}
      </h2>
      <CheckField label={t('label')} hint={t(fixed ? 'fixed' : 'hint')}>
        {(props) => (
          <Switch
            {...props}
            checked={required}
            disabled={fixed || !mayEdit || release.isPending}
            onChange={() => {
              if (required) return release.mutate()
              setAsking(true)
              // They may have set one up since this was read.
              if (!ready) void onChanged()
            }}
          />
        )}
      </CheckField>
      <Dialog
        open={asking && !ready}
        onOpenChange={setAsking}
        title={t('firstTitle')}
        description={t('firstText')}
        size="sm"
        footer={
          <>
            <Button onClick={() => setAsking(false)}>{common('cancel')}</Button>
            <Button asChild variant="primary">
              <Link href="/account#second-factor">{t('first')}</Link>
            </Button>
          </>
        }
      />
      <ConfirmDialog
        open={asking && ready}
        onOpenChange={setAsking}
        title={t('requireTitle')}
        description={t('requireText', { count: without.length })}
        confirmLabel={t('require')}
        destructive={false}
        onConfirm={() => set(true)}
      />
    </section>
  )
}
