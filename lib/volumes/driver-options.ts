import type { VolumeForm } from '../contracts/volumes.ts'

export type VolumeFormKind = VolumeForm['kind']
/** In the order in which they are offered. */
export const volumeFormKinds = [
  'local',
  'nfs',
  'cifs',
  'tmpfs',
  'bind',
] as const satisfies readonly VolumeFormKind[]

/**
 * The options of the driver `local` that a form stands for. An address is among the mount options, since Docker asks the
 * kernel itself and resolves that one alone, and before the path, as Podman's `mount` wants it.
 */
export function driverOptions(form: VolumeForm): Record<string, string> {
  switch (form.kind) {
    case 'local':
      return {}
    case 'nfs':
      return {
        type: 'nfs',
        device: `${form.server}:${form.path}`,
        o: joined(
          `addr=${bare(form.server)}`,
          `nfsvers=${form.version}`,
          access(form),
          form.soft ? 'soft,timeo=50,retrans=2' : null,
          form.options,
        ),
      }
    case 'cifs':
      return {
        type: 'cifs',
        device: `//${form.server}/${form.share.replaceAll('\\', '/')}`,
        o: joined(
          `addr=${bare(form.server)}`,
          form.username ? `username=${form.username}` : 'guest',
          form.username ? `password=${form.password}` : null,
          `vers=${form.version}`,
          option('uid', form.uid),
          option('gid', form.gid),
          access(form),
          form.options,
        ),
      }
    case 'tmpfs': {
      const o = joined(
        option('size', form.sizeBytes),
        option('mode', form.mode),
        option('uid', form.uid),
        option('gid', form.gid),
      )
      return { type: 'tmpfs', device: 'tmpfs', ...(o ? { o } : {}) }
    }
    case 'bind':
      return { type: 'none', device: form.path, o: form.readOnly ? 'bind,ro' : 'bind' }
  }
}

/** An IPv6 address stands in brackets before a path, and without them in an option. */
const bare = (server: string) => server.replace(/^\[(.*)\]$/, '$1')
const access = ({ readOnly }: { readOnly: boolean }) => (readOnly ? 'ro' : 'rw')
const option = (name: string, value: string | number | undefined) =>
  value === undefined ? null : `${name}=${value}`
const joined = (...parts: (string | null)[]) => parts.filter(Boolean).join(',')
