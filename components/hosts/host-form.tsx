'use client'
import { useRouter } from 'next/navigation'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { ApiFailure, api, fieldErrors } from '#components/data/api.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import { ConnectionTest, useConnectionTest } from './connection-test.tsx'
import { DiscoveredEngines } from './discovered-engines.tsx'
import { hostCommands } from './host-commands.ts'
import {
  emptyForm,
  formOf,
  type HostForm,
  inputOf,
  isComplete,
  suggestedName,
  transportOf,
  type Way,
} from './host-form-state.ts'
import { TextField, TransportFields } from './transport-fields.tsx'

const ways: readonly Way[] = ['ssh', 'tls', 'unix', 'tcp']

/** Add a host, or edit one: choose a way, see what to run on the host, test step by step, save. */
export function HostFormPage({ host }: { host?: Host }) {
  const t = useTranslations('hosts.form')
  const done = useTranslations('hosts.done')
  const router = useRouter()
  const href = useScopedHref()
  const [form, setForm] = useState<HostForm>(() => (host ? formOf(host) : emptyForm))
  const [saving, setSaving] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  /** What was tested: a change after a passed test makes it worth nothing. */
  const [testedText, setTestedText] = useState('')
  const test = useConnectionTest()
  const complete = isComplete(form)
  const transport = JSON.stringify(transportOf(form))
  const passed = test.run?.ok === true && testedText === transport
  const errors = useFieldErrors(failure)

  const change = (next: HostForm) => {
    setForm(next)
    setFailure(null)
  }
  const startTest = (of: HostForm) => {
    setFailure(null)
    setTestedText(JSON.stringify(transportOf(of)))
    void test.start(transportOf(of), host?.id)
  }
  const acceptKey = (hop: 'target' | 'jump', hostKey: string) => {
    const next =
      hop === 'jump'
        ? { ...form, jump: { ...form.jump, hostKey } }
        : { ...form, ssh: { ...form.ssh, hostKey } }
    setForm(next)
    startTest(next)
  }
  const save = async () => {
    setSaving(true)
    setFailure(null)
    try {
      const input = inputOf(form)
      const saved = host
        ? await api.patch('/api/hosts/:hostId', { params: { hostId: host.id }, body: input })
        : await api.post('/api/hosts', { body: input })
      toast.success(done(host ? 'saved' : 'added', { name: saved.name }))
      router.push(href(`/hosts?open=${saved.id}`))
    } catch (error) {
      setFailure(error)
      setSaving(false)
    }
  }

  return (
    <div className="overflow-y-auto">
      <PageHeader title={host ? t('editTitle', { name: host.name }) : t('addTitle')} />
      <div className="grid gap-6 px-4 pb-10 md:px-5 lg:grid-cols-[minmax(0,560px)_minmax(0,560px)]">
        <form
          className="flex min-w-0 flex-col gap-4"
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            if (complete && !test.run?.running) startTest(form)
          }}
        >
          <WayChoice value={form.way} onChange={(way) => change({ ...form, way })} />
          {form.way === 'tcp' && (
            <p className="rounded-md bg-caution-soft px-3 py-2 text-caution">{t('tcpWarning')}</p>
          )}
          {form.way === 'unix' && !host && <DiscoveredEngines />}
          <TransportFields form={form} onChange={change} errors={errors} editing={host !== undefined} />
          <div className="grid gap-3 md:grid-cols-2">
            <TextField
              label={t('name')}
              hint={t('nameHint')}
              value={form.name}
              placeholder={suggestedName(form)}
              error={errors.name}
              onChange={(name) => change({ ...form, name })}
            />
            <TextField
              label={t('tags')}
              hint={t('tagsHint')}
              value={form.tags}
              error={errors.tags}
              onChange={(tags) => change({ ...form, tags })}
            />
          </div>
          {test.run && <ConnectionTest run={test.run} editing={host !== undefined} onAcceptKey={acceptKey} />}
          {failure !== null && <ErrorNote error={failure} />}
          <div className="flex flex-wrap gap-2">
            {test.run?.running ? (
              <Button onClick={test.cancel}>{t('cancelTest')}</Button>
            ) : (
              <Button type="submit" variant={passed ? 'default' : 'primary'} disabled={!complete}>
                {test.run ? t('testAgain') : t('test')}
              </Button>
            )}
            <Button
              variant={passed ? 'primary' : 'default'}
              disabled={!complete || test.run?.running}
              busy={saving}
              onClick={() => void save()}
            >
              {passed || host ? t('save') : t('saveAnyway')}
            </Button>
          </div>
        </form>
        <Commands way={form.way} />
      </div>
    </div>
  )
}

/** Server errors at their fields: a refused body by path, a refused key or certificate by what it is. */
function useFieldErrors(failure: unknown): Record<string, string> {
  const errorText = useErrorText()
  const byPath = fieldErrors(failure)
  if (!(failure instanceof ApiFailure)) return byPath
  const { code, params } = failure.error
  const words = errorText(failure)
  const text = [words.sentence, words.remedy].filter(Boolean).join(' ')
  if (code === 'host_name_taken') return { ...byPath, name: text }
  if (typeof params?.field === 'string') return { ...byPath, [params.field]: text }
  return byPath
}

function WayChoice({ value, onChange }: { value: Way; onChange(way: Way): void }) {
  const t = useTranslations('hosts.form')
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">{t('way')}</legend>
      <div className="grid grid-cols-2 gap-2">
        {ways.map((way) => (
          <label
            key={way}
            className={cn(
              'flex flex-col rounded-md border border-line-strong bg-surface px-3 py-2 hover:bg-hover',
              'has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-accent',
            )}
          >
            <input
              type="radio"
              name="way"
              value={way}
              checked={value === way}
              onChange={() => onChange(way)}
              className="sr-only"
            />
            <span className="font-medium">{t(`ways.${way}`)}</span>
            <span className="text-ink-muted text-xs">{t(`ways.${way}Text`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function Commands({ way }: { way: Way }): ReactNode {
  const t = useTranslations('hosts.form')
  return (
    <section className="flex min-w-0 flex-col gap-3" aria-label={t('commands')}>
      <h2 className="font-medium">{t('commands')}</h2>
      {hostCommands[way].map(({ label, text }) => (
        <CodeBlock key={`${way} ${label}`} label={label} text={text} />
      ))}
    </section>
  )
}
