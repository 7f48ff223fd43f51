'use client'
import { ClipboardPaste } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Field } from '#components/ui/field.tsx'
import { Textarea } from '#components/ui/textarea.tsx'
import { type ParsedRun, parseDockerRun } from '#lib/docker-run/parse.ts'

/** Takes a line as it stands in a project's manual and fills the form with it. */
export function RunBox({ onTake }: { onTake(run: ParsedRun): void }) {
  const t = useTranslations('create')
  const common = useTranslations('common')
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const run = text.trim() === '' ? null : parseDockerRun(text)
  const notes = run?.notes ?? []
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        <ClipboardPaste aria-hidden /> {t('paste')}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t('paste')}
        description={t('pasteText')}
        onSubmit={() => {
          if (!run) return
          onTake(run)
          setOpen(false)
        }}
        footer={
          <>
            <Button onClick={() => setOpen(false)}>{common('cancel')}</Button>
            <Button type="submit" variant="primary" disabled={!run}>
              {t('fill')}
            </Button>
          </>
        }
      >
        <Field label={t('line')} error={text.trim() !== '' && !run ? t('noLine') : undefined}>
          {(props) => (
            <Textarea
              {...props}
              rows={8}
              className="font-mono text-xs"
              spellCheck={false}
              value={text}
              placeholder={'docker run -d --name web \\\n  -p 8080:80 \\\n  nginx:1'}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        {notes.length > 0 && (
          <ul className="list-disc rounded-md bg-caution-soft py-2 pr-3 pl-7 text-caution text-xs">
            {notes.map(({ kind, ...note }) => (
              <li key={`${note.line}:${note.column} ${note.text}`} className="wrap-anywhere">
                {t(`note.${kind}`, note)}
              </li>
            ))}
          </ul>
        )}
      </Dialog>
    </>
  )
}
