import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { toMount } from '#lib/docker-run/values.ts'
import { AppError } from '../../errors.ts'
import { isAnonymous } from './spec-from-inspect.ts'

type Mount = ContainerSpec['mounts'][number]
type Fields = Record<string, unknown>

/** `Binds` splits at colons and cannot quote one. */
const needsFields = ({ source, target }: Mount) => source.includes(':') || target.includes(':')

/**
 * HostConfig's three fields for mounts. What is written as after `-v` goes into `Binds`, since only that makes a missing
 * folder of the host on every engine; paths with a colon go into `Mounts`. Throws container_spec_invalid for an option that
 * such a path can't have.
 */
export function mountFields(mounts: readonly Mount[]): Fields {
  const kept = mounts.filter(({ type }) => type !== 'tmpfs')
  const [asFields, asText] = [
    kept.filter((mount) => mount.source === '' || needsFields(mount)),
    kept.filter((mount) => mount.source !== '' && !needsFields(mount)),
  ]
  const tmpfs = mounts.filter(({ type }) => type === 'tmpfs')
  return {
    ...(asText.length > 0 ? { Binds: asText.map(asBind) } : {}),
    ...(asFields.length > 0 ? { Mounts: asFields.map(asMount) } : {}),
    ...(tmpfs.length > 0
      ? { Tmpfs: Object.fromEntries(tmpfs.map((mount) => [mount.target, optionsOf(mount).join(',')])) }
      : {}),
  }
}

/** Those fields of a container, with what was changed in the form; what is the same in `before` and `after` stays as it is. */
export function mergeMounts(base: Fields, before: readonly Mount[], after: readonly Mount[]): Fields {
  const text = (mount: Mount) => JSON.stringify(mount)
  const [was, is] = [new Set(before.map(text)), new Set(after.map(text))]
  const gone = new Set(before.filter((mount) => !is.has(text(mount))).map(({ target }) => target))
  const named = new Map(
    ((base.Mounts ?? []) as { Type: string; Source?: string; Target: string }[])
      .filter(({ Type, Source, Target }) => Type === 'volume' && !Source && !gone.has(Target))
      .flatMap((mount) => {
        const found = after.find(({ target, source }) => target === mount.Target && isAnonymous(source))
        return found ? [[mount.Target, { ...mount, Source: found.source }] as const] : []
      }),
  )
  const fresh = after.filter((mount) => !was.has(text(mount)) && !named.has(mount.target))
  for (const { target } of fresh) gone.add(target)
  const added = mountFields(fresh)
  const stays = (target: string | undefined) => target === undefined || !gone.has(target)
  const binds = ((base.Binds ?? []) as string[]).filter((bind) => stays(toMount(bind)?.target))
  const mounts = ((base.Mounts ?? []) as { Target: string }[])
    .filter(({ Target }) => stays(Target))
    // Its volume has a name by now, of the engine's.
    .map((mount) => named.get(mount.Target) ?? mount)
  const tmpfs = Object.entries((base.Tmpfs ?? {}) as Record<string, string>).filter(([target]) =>
    stays(target),
  )
  const all = {
    Binds: [...binds, ...((added.Binds as string[] | undefined) ?? [])],
    Mounts: [...mounts, ...((added.Mounts as object[] | undefined) ?? [])],
    Tmpfs: { ...Object.fromEntries(tmpfs), ...(added.Tmpfs as object | undefined) },
  }
  const { Binds: _binds, Mounts: _mounts, Tmpfs: _tmpfs, ...rest } = base
  const isFilled = ([, value]: [string, object]) => Object.keys(value).length > 0
  return { ...rest, ...Object.fromEntries(Object.entries(all).filter(isFilled)) }
}

function asBind(mount: Mount): string {
  return [mount.source, mount.target, optionsOf(mount).join(',')].filter(Boolean).join(':')
}

const optionsOf = ({ readOnly, options }: Mount) => [...(readOnly ? ['ro'] : []), ...options]

const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']

function asMount({ type, source, target, readOnly, options }: Mount): Fields {
  const propagation = options.find((option) => propagations.includes(option))
  const unknown = options.find(
    (option) => !propagations.includes(option) && !['nocopy', 'rbind', 'rw'].includes(option),
  )
  if (unknown)
    throw new AppError('container_spec_invalid', { detail: `${target}: no option ${unknown} here` })
  return {
    Type: type,
    ...(source === '' ? {} : { Source: source }),
    Target: target,
    ReadOnly: readOnly,
    // Ignored before API 1.42: there the folder has to be there.
    ...(type === 'bind'
      ? { BindOptions: { CreateMountpoint: true, ...(propagation ? { Propagation: propagation } : {}) } }
      : {}),
    ...(options.includes('nocopy') ? { VolumeOptions: { NoCopy: true } } : {}),
  }
}
