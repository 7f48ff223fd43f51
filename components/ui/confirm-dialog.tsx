'use client'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ErrorNote } from './error-note.tsx'
import { Field } from './field.tsx'
import { Input } from './input.tsx'

const asCode = (text: ReactNode) => <code>{text}</code>

/**
 * Asks before something goes away, naming exactly what. `typeName` asks for that name to be typed: only where data is
 * lost. `onConfirm` may return a promise; the dialog then shows it working, closes when it ends, and shows its failure.
 */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  description,
  items,
  confirmLabel,
  destructive = true,
  typeName,
  ready: chosen = true,
  onConfirm,
  children,
}: {
  open: boolean
  onOpenChange(open: boolean): void
  title: ReactNode
  description?: ReactNode
  /** Names of what will go. */
  items?: readonly { key: string; name: ReactNode; note?: ReactNode }[]
  confirmLabel: string
  destructive?: boolean
  typeName?: string
  /** Whether what has to be chosen is. */
  ready?: boolean
  onConfirm(): void | Promise<unknown>
  /** Choices of this action, such as "remove its volumes too". */
  children?: ReactNode
}) {
  const t = useTranslations('common')
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const ready = chosen && (!typeName || typed.trim() === typeName)

  const change = (next: boolean) => {
    if (busy) return
    setTyped('')
    setFailure(null)
    onOpenChange(next)
  }
  const confirm = async () => {
    if (!ready || busy) return
    setBusy(true)
    setFailure(null)
    try {
      await onConfirm()
      setTyped('')
      onOpenChange(false)
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title={title}
      description={description}
      size="sm"
      onSubmit={() => void confirm()}
      footer={
        <>
          <Button inPreview onClick={() => change(false)} disabled={busy}>
            {t('cancel')}
          </Button>
          <Button type="submit" variant={destructive ? 'danger' : 'primary'} disabled={!ready} busy={busy}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      {items && items.length > 0 && (
        <ul className="max-h-48 shrink-0 overflow-y-auto rounded-md border bg-bg px-3 py-1.5">
          {items.map((item) => (
            <li key={item.key} className="flex items-baseline justify-between gap-3 py-0.5">
              <span className="min-w-0 truncate font-medium">{item.name}</span>
              {item.note && <span className="shrink-0 text-ink-faint text-xs">{item.note}</span>}
            </li>
          ))}
        </ul>
      )}
      {children}
      {typeName && (
        <Field label={t.rich('typeName', { name: typeName, code: asCode })}>
          {(props) => (
            <Input
              {...props}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
      )}
      {failure !== null && <ErrorNote error={failure} />}
    </Dialog>
  )
}
