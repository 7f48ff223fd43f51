'use client'
import { Settings2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useMayWith } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Popover } from '#components/ui/popover.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import type { TerminalChoice } from './terminal-view.tsx'

/** Which program, as whom, and where; a new session begins with it. */
export function TerminalStart({
  container,
  value,
  onStart,
}: {
  container: Container
  value: TerminalChoice
  onStart(choice: TerminalChoice): void
}) {
  const t = useTranslations('terminal')
  const [open, setOpen] = useState(false)
  const [draft, setDraft] = useState(value)
  const mayAttach = useMayWith(container)('containers.attach')
  const text = (key: 'shell' | 'user' | 'workingDirectory', placeholder: string) => (
    <Field label={t(key)}>
      {(props) => (
        <Input
          {...props}
          className="font-mono"
          placeholder={placeholder}
          value={draft[key]}
          onChange={(event) => setDraft({ ...draft, [key]: event.target.value })}
        />
      )}
    </Field>
  )
  return (
    <Popover
      label={t('options')}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm">
          <Settings2 aria-hidden /> {t('options')}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-3 p-3"
        onSubmit={(event) => {
          event.preventDefault()
          setOpen(false)
          onStart(draft)
        }}
      >
        {mayAttach && (
          <Segmented
            label={t('mode')}
            value={draft.mode}
            onValueChange={(mode) => setDraft({ ...draft, mode })}
            options={[
              { value: 'exec', label: t('exec') },
              { value: 'attach', label: t('attach') },
            ]}
          />
        )}
        {draft.mode === 'exec' ? (
          <>
            {text('shell', t('shellHint'))}
            {text('user', t('userHint'))}
            {text('workingDirectory', t('workingDirectoryHint'))}
          </>
        ) : (
          <p className="text-ink-muted">{t('attachHint')}</p>
        )}
        <Button type="submit" variant="primary">
          {t('start')}
        </Button>
      </form>
    </Popover>
  )
}
