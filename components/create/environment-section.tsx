'use client'
import { FileText } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Field } from '#components/ui/field.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import { parseEnvFile } from '#lib/docker-run/env-file.ts'
import { useSpecForm } from './form-context.tsx'
import { PairRows } from './pair-rows.tsx'
import { Section } from './section.tsx'

/** Variables, by hand or from a .env file; and labels, which are made the same way. */
export function PairsSection({ field }: { field: 'env' | 'labels' }) {
  const t = useTranslations('create')
  const { spec, set } = useSpecForm()
  const [pasting, setPasting] = useState(false)
  // Rows that come from a file are new rows: they begin with keys of their own.
  const [revision, setRevision] = useState(0)
  const rows = spec[field]
  return (
    <Section
      title={t(`section.${field}`)}
      summary={rows.length > 0 ? t('set', { count: rows.length }) : undefined}
      defaultOpen={field === 'env'}
    >
      <PairRows
        key={revision}
        path={field}
        label={t(`section.${field}`)}
        rows={rows}
        addLabel={t(`add.${field}`)}
        onChange={(next) => set({ [field]: next })}
        actions={
          field === 'env' && (
            <Button size="sm" onClick={() => setPasting(true)}>
              <FileText aria-hidden /> {t('envFile')}
            </Button>
          )
        }
      />
      {pasting && (
        <EnvFileDialog
          onClose={() => setPasting(false)}
          onTake={(entries) => {
            const names = new Set(entries.map(({ name }) => name))
            set({ env: [...spec.env.filter(({ name }) => name !== '' && !names.has(name)), ...entries] })
            setRevision(revision + 1)
            setPasting(false)
          }}
        />
      )}
    </Section>
  )
}

function EnvFileDialog({
  onClose,
  onTake,
}: {
  onClose(): void
  onTake(entries: { name: string; value: string }[]): void
}) {
  const t = useTranslations('create')
  const common = useTranslations('common')
  const [text, setText] = useState('')
  const { entries, wrongLines } = parseEnvFile(text)
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('envFile')}
      description={t('envFileText')}
      onSubmit={() => entries.length > 0 && onTake(entries)}
      footer={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button type="submit" variant="primary" disabled={entries.length === 0}>
            {t('envTake', { count: entries.length })}
          </Button>
        </>
      }
    >
      <Field
        label={t('envContent')}
        error={
          wrongLines.length > 0 && text.trim() !== ''
            ? t('envWrong', { lines: wrongLines.slice(0, 10).join(', ') })
            : undefined
        }
      >
        {(props) => (
          <Textarea
            {...props}
            rows={12}
            className="font-mono text-xs"
            spellCheck={false}
            value={text}
            placeholder={'POSTGRES_USER=app\nPOSTGRES_PASSWORD="…"'}
            onChange={(event) => setText(event.target.value)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              const [file] = event.dataTransfer.files
              if (!file) return
              event.preventDefault()
              void file.text().then(setText)
            }}
          />
        )}
      </Field>
    </Dialog>
  )
}
