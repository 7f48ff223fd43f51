'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useHost } from '#components/data/use-live.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { toast } from '#components/ui/toast.tsx'
import type { UpdateOptions } from '#lib/contracts/container-details.ts'
import type { Container } from '#lib/contracts/containers.ts'

import { ManagerWarning } from './managed-by.tsx'

interface Limits {
  Memory?: number
  NanoCpus?: number
  CpuQuota?: number
  CpuPeriod?: number
  PidsLimit?: number | null
  RestartPolicy?: { Name?: string }
}

const mebibyte = 1024 * 1024
const policies = ['no', 'on-failure', 'always', 'unless-stopped'] as const

type Policy = (typeof policies)[number]

/** Limits and restart policy of a container that keeps running meanwhile. */
export function UpdateDialog({
  container,
  inspect,
  onClose,
}: {
  container: Container
  inspect: Record<string, unknown>
  onClose(): void
}) {
  const t = useTranslations('containers.extras')
  const common = useTranslations('common')
  const client = useQueryClient()
  const host = useHost(container.hostId)
  const now = read(inspect.HostConfig as Limits | undefined)
  const [memory, setMemory] = useState(now.memory)
  const [cpus, setCpus] = useState(now.cpus)
  const [pids, setPids] = useState(now.pids)
  const [policy, setPolicy] = useState<Policy>(now.policy)
  // libpod changes the policy of a container that exists from version 5.1 on.
  const keepsPolicy = host?.engine?.flavour === 'podman' && Number.parseFloat(host.engine.version) < 5.1
  const change: UpdateOptions = {
    ...(memory !== now.memory ? { memory: Math.round(Number(memory || 0) * mebibyte) } : {}),
    ...(cpus !== now.cpus ? { cpus: Number(cpus || 0) } : {}),
    ...(pids !== now.pids ? { pids: Number(pids || -1) } : {}),
    ...(policy !== now.policy ? { restartPolicy: policy } : {}),
  }
  const numbers = [memory, cpus, pids].every((text) => text === '' || Number(text) >= 0)
  const ready = numbers && Object.keys(change).length > 0
  const update = useMutation({
    mutationFn: () =>
      api.post('/api/hosts/:hostId/containers/:containerId/update', {
        params: { hostId: container.hostId, containerId: container.id },
        body: change,
      }),
    onSuccess() {
      toast.success(t('updated', { name: container.name }))
      void client.invalidateQueries({ queryKey: queryKeys.container(container.hostId, container.id) })
      onClose()
    },
  })
  const number = (label: string, hint: string, value: string, set: (value: string) => void, step: string) => (
    <Field label={label} hint={hint}>
      {(props) => (
        <Input
          {...props}
          type="number"
          min={0}
          step={step}
          inputMode="decimal"
          value={value}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  )
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && !update.isPending && onClose()}
      title={t('updateTitle', { name: container.name })}
      description={t('updateText')}
      onSubmit={() => ready && update.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={update.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" busy={update.isPending} disabled={!ready}>
            {t('updateAction')}
          </Button>
        </>
      }
    >
      <ManagerWarning container={container} act="update" />
      {number(t('memory'), t('memoryHint'), memory, setMemory, '1')}
      {number(t('cpus'), t('cpusHint'), cpus, setCpus, '0.01')}
      {number(t('pids'), t('pidsHint'), pids, setPids, '1')}
      <Field label={t('policy')} hint={keepsPolicy ? t('policyKept') : undefined}>
        {(props) => (
          <Select<Policy>
            {...props}
            disabled={keepsPolicy}
            value={policy}
            onValueChange={setPolicy}
            options={policies.map((value) => ({ value, label: t(`policies.${value}`) }))}
          />
        )}
      </Field>
      {update.error && <ErrorNote error={update.error} />}
    </Dialog>
  )
}

function read(limits: Limits | undefined) {
  const { Memory = 0, NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0, PidsLimit, RestartPolicy } = limits ?? {}
  const cpus = NanoCpus > 0 ? NanoCpus / 1e9 : CpuQuota > 0 ? CpuQuota / (CpuPeriod || 100_000) : 0
  return {
    memory: Memory > 0 ? String(Math.round(Memory / mebibyte)) : '',
    cpus: cpus > 0 ? String(cpus) : '',
    pids: PidsLimit && PidsLimit > 0 ? String(PidsLimit) : '',
    policy: policies.find((policy) => policy === RestartPolicy?.Name) ?? ('no' as const),
  }
}
