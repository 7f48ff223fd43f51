'use client'
import { Plus, X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { Field } from '#components/ui/field.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { secretLimitBytes, secretNamePattern } from '#lib/build/build-secret.ts'

export interface SecretRow {
  key: number
  name: string
  value: string
  /** In place of the value. */
  file: File | null
}

/** What is wrong with a row; null where nothing is. */
export function secretFault(
  row: SecretRow,
  rows: readonly SecretRow[],
): 'name' | 'twice' | 'value' | 'size' | null {
  if (!secretNamePattern.test(row.name)) return 'name'
  if (rows.some((other) => other !== row && other.name === row.name)) return 'twice'
  if (row.file === null && row.value === '') return 'value'
  return (row.file?.size ?? 0) > secretLimitBytes ? 'size' : null
}

/** As the server takes them: base64, since a file may hold any bytes. */
export async function encodedSecrets(rows: readonly SecretRow[]): Promise<{ name: string; value: string }[]> {
  return Promise.all(
    rows.map(async ({ name, value, file }) => {
      const bytes = file ? new Uint8Array(await file.arrayBuffer()) : new TextEncoder().encode(value)
      return { name, value: bytes.toBase64() }
    }),
  )
}

/** Secrets for `RUN --mount=type=secret`: typed or from a file, held by this form alone until they are sent. */
export function BuildSecretFields({
  rows,
  onChange,
}: {
  rows: readonly SecretRow[]
  onChange(rows: SecretRow[]): void
}) {
  const t = useTranslations('builds.secrets')
  const set = (key: number, change: Partial<SecretRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)))
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium text-ink">{t('title')}</legend>
      <p className="text-ink-faint text-xs">{t('hint')}</p>
      {rows.map((row) => (
        <Row
          key={row.key}
          row={row}
          fault={secretFault(row, rows)}
          onChange={(change) => set(row.key, change)}
          onRemove={() => onChange(rows.filter(({ key }) => key !== row.key))}
        />
      ))}
      <Button
        className="self-start"
        onClick={() =>
          onChange([
            ...rows,
            { key: Math.max(0, ...rows.map(({ key }) => key)) + 1, name: '', value: '', file: null },
          ])
        }
      >
        <Plus aria-hidden /> {t('add')}
      </Button>
    </fieldset>
  )
}

function Row({
  row,
  fault,
  onChange,
  onRemove,
}: {
  row: SecretRow
  fault: ReturnType<typeof secretFault>
  onChange(change: Partial<SecretRow>): void
  onRemove(): void
}) {
  const t = useTranslations('builds.secrets')
  const format = useFormat()
  const isNameWrong = row.name !== '' && (fault === 'name' || fault === 'twice')
  return (
    <div className="flex items-start gap-2">
      <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2">
        <Field label={t('name')} error={isNameWrong && t(`fault.${fault}`)}>
          {(props) => (
            <Input
              {...props}
              value={row.name}
              placeholder="npm_token"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => onChange({ name: event.target.value })}
            />
          )}
        </Field>
        <Field
          label={t('value')}
          error={fault === 'size' && t('fault.size', { limit: format.bytes(secretLimitBytes) })}
          aside={
            // oxlint-disable-next-line jsx-a11y/label-has-associated-control -- the file input is inside
            <label className="text-accent hover:underline">
              {t('fromFile')}
              <input
                type="file"
                className="sr-only"
                aria-label={t('fileOf', { name: row.name })}
                onChange={(event) => {
                  const file = event.target.files?.[0]
                  if (file) onChange({ file, value: '' })
                  event.target.value = ''
                }}
              />
            </label>
          }
        >
          {(props) => (
            <Input
              {...props}
              type={row.file ? 'text' : 'password'}
              readOnly={row.file !== null}
              value={row.file ? `${row.file.name}, ${format.bytes(row.file.size)}` : row.value}
              autoComplete="new-password"
              spellCheck={false}
              onChange={(event) => onChange({ value: event.target.value })}
            />
          )}
        </Field>
      </div>
      <IconButton
        className="mt-6"
        label={t('remove', { name: row.name })}
        icon={<X aria-hidden />}
        onClick={onRemove}
      />
    </div>
  )
}
