'use client'
import { useMutation } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, fieldErrors } from '#components/data/api.ts'
import { useFleet } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { HostPicker } from '#components/hosts/host-picker.tsx'
import { taskStore } from '#components/tasks/task-store.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { checkSpec } from '#lib/containers/spec-check.ts'
import type { ContainerSpec, Dependent } from '#lib/contracts/container-create.ts'
import type { ParsedRun } from '#lib/docker-run/parse.ts'
import { printRun } from '#lib/docker-run/print.ts'
import type { Pull } from './basics-section.tsx'
import { BeforeRecreate } from './before-recreate.tsx'
import { Check } from './check.tsx'
import { CreateForm } from './create-form.tsx'
import { CreateOutcome } from './create-outcome.tsx'
import { SpecFormProvider } from './form-context.tsx'
import { RunBox } from './run-box.tsx'

export type Purpose =
  | { kind: 'create'; hostIds: string[] }
  | { kind: 'recreate'; hostId: string; containerId: string }

/** The form with what belongs around it: hosts, the equivalent line, and the outcome. */
export function SpecEditor({
  purpose,
  initial,
  kept,
  lost,
  dependents,
}: {
  purpose: Purpose
  initial: ContainerSpec
  kept: readonly string[]
  lost: readonly string[]
  dependents: readonly Dependent[]
}) {
  const t = useTranslations('create')
  const [spec, setSpec] = useState(initial)
  /** The form's fields keep what was typed: a spec from outside makes them anew. */
  const [revision, setRevision] = useState(0)
  const [pull, setPull] = useState<Pull>(usePermission('images.pull') ? 'missing' : 'never')
  const [start, setStart] = useState(true)
  const [keepOld, setKeepOld] = useState(false)
  const [accepts, setAccepts] = useState(false)
  const [unreadable, setUnreadable] = useState<ReadonlySet<string>>(new Set())
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(purpose.kind === 'create' ? purpose.hostIds : [purpose.hostId]),
  )
  const [tried, setTried] = useState(false)
  const [taskId, setTaskId] = useState<string | null>(null)
  const faults = useMemo(() => checkSpec(spec), [spec])
  const isPodman = useFleet((fleet) => fleet.hosts.get([...chosen][0] ?? '')?.engine?.flavour === 'podman')
  const work = useMutation({
    mutationFn: () =>
      purpose.kind === 'create'
        ? api.post('/api/containers', {
            body: {
              spec,
              hostIds: [...chosen],
              pull,
              start,
            },
          })
        : api.post('/api/hosts/:hostId/containers/:containerId/recreate', {
            params: { hostId: purpose.hostId, containerId: purpose.containerId },
            body: {
              spec,
              pull,
              keepOld,
              accepted: accepts ? [...lost] : [],
            },
          }),
    onSuccess(task) {
      taskStore.put(task)
      setTaskId(task.id)
    },
  })
  const refused = fieldErrors(work.error)
  const errorAt = (path: string) => {
    const fault = faults.find((one) => one.path === path)
    // An empty field is not wrong before somebody tries to go on without it.
    if (fault && (tried || !isEmpty(spec, path))) return t(`wrong.${fault.code}`)
    return refused[`spec.${path}`]
  }
  const take = (run: ParsedRun) => {
    setSpec(run.spec)
    if (run.pull) setPull(run.pull)
    setUnreadable(new Set())
    setRevision(revision + 1)
  }
  const mustAccept = purpose.kind === 'recreate' && lost.length > 0 && !accepts
  const ready = faults.length === 0 && unreadable.size === 0 && chosen.size > 0 && !mustAccept
  const submit = () => {
    setTried(true)
    if (ready) work.mutate()
  }
  return (
    <SpecFormProvider
      value={{
        spec,
        set: (change) => setSpec((old) => ({ ...old, ...change })),
        errorAt,
        reportUnreadable: (path, isUnreadable) =>
          setUnreadable((old) => {
            if (old.has(path) === isUnreadable) return old
            const next = new Set(old)
            if (isUnreadable) next.add(path)
            else next.delete(path)
            return next
          }),
      }}
    >
      <form
        noValidate
        className="grid gap-4 px-4 pb-10 md:px-5 xl:grid-cols-[minmax(0,760px)_minmax(0,1fr)]"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <div key={revision} className="flex min-w-0 flex-col gap-3">
          {purpose.kind === 'create' && (
            <div className="flex justify-end">
              <RunBox onTake={take} />
            </div>
          )}
          <CreateForm pull={pull} onPull={setPull} />
        </div>
        <div className="flex min-w-0 flex-col gap-3 xl:sticky xl:top-0 xl:self-start">
          {purpose.kind === 'create' && (
            <HostPicker needs="containers.create" chosen={chosen} onChange={setChosen} />
          )}
          {purpose.kind === 'recreate' && (
            <p className="rounded-lg border bg-surface px-4 py-3 text-ink-muted">{t('recreateText')}</p>
          )}
          {kept.length > 0 && purpose.kind === 'recreate' && (
            <p className="text-ink-muted text-xs">{t('kept', { fields: kept.join(', ') })}</p>
          )}
          {purpose.kind === 'recreate' && (
            <BeforeRecreate lost={lost} dependents={dependents} accepts={accepts} onAccepts={setAccepts} />
          )}
          {purpose.kind === 'create' ? (
            <Check label={t('field.start')} checked={start} onChange={setStart} />
          ) : (
            <Check
              label={t('field.keepOld')}
              hint={t('keepOldHint')}
              checked={keepOld}
              onChange={setKeepOld}
            />
          )}
          <div>
            <Button type="submit" variant="primary" busy={work.isPending}>
              {purpose.kind === 'recreate' ? t('recreate') : t('create', { count: chosen.size })}
            </Button>
          </div>
          {tried && !ready && (
            <p role="alert" className="text-danger text-xs">
              {chosen.size === 0
                ? t('noHost')
                : mustAccept
                  ? t('mustAccept')
                  : t('faults', { count: faults.length + unreadable.size })}
            </p>
          )}
          {work.error && <ErrorNote error={work.error} />}
          {taskId && <CreateOutcome taskId={taskId} />}
          <CodeBlock
            label={t('equivalent')}
            text={printRun(spec, { flavour: isPodman ? 'podman' : 'docker', pull, start })}
          />
        </div>
      </form>
    </SpecFormProvider>
  )
}

function isEmpty(spec: ContainerSpec, path: string): boolean {
  let value: unknown = spec
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
  return value === '' || value === undefined
}
