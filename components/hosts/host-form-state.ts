import type { Host, HostInput, TransportInput } from '#lib/contracts/hosts.ts'

export type Way = TransportInput['kind']

export interface HopFields {
  host: string
  port: string
  username: string
  auth: 'key' | 'agent'
  privateKey: string
  passphrase: string
  hostKey: string
}

/** The form as typed; every way keeps its fields while another is looked at. */
export interface HostForm {
  name: string
  tags: string
  way: Way
  unix: { socketPath: string }
  tcp: { host: string; port: string }
  tls: {
    host: string
    port: string
    ca: string
    cert: string
    key: string
    passphrase: string
    servername: string
  }
  ssh: HopFields & { socketPath: string }
  useJump: boolean
  jump: HopFields
}

const emptyHop: HopFields = {
  host: '',
  port: '22',
  username: 'root',
  auth: 'key',
  privateKey: '',
  passphrase: '',
  hostKey: '',
}

export const emptyForm: HostForm = {
  name: '',
  tags: '',
  way: 'ssh',
  unix: { socketPath: '' },
  tcp: { host: '', port: '2375' },
  tls: { host: '', port: '2376', ca: '', cert: '', key: '', passphrase: '', servername: '' },
  ssh: { ...emptyHop, socketPath: '' },
  useJump: false,
  jump: emptyHop,
}

/** A stored host in the form. Secrets are not known to the browser: their fields are empty, which keeps them. */
export function formOf(host: Host): HostForm {
  const form: HostForm = {
    ...emptyForm,
    name: host.name,
    tags: host.tags.join(', '),
    way: host.transport.kind,
  }
  const { transport } = host
  if (transport.kind === 'unix') return { ...form, unix: { socketPath: transport.socketPath } }
  if (transport.kind === 'tcp')
    return { ...form, tcp: { host: transport.host, port: String(transport.port) } }
  if (transport.kind === 'tls') {
    const { ca, cert, servername } = transport
    const known = {
      host: transport.host,
      port: String(transport.port),
      ca: ca ?? '',
      cert: cert ?? '',
      servername: servername ?? '',
    }
    return { ...form, tls: { ...form.tls, ...known } }
  }
  const hop = (of: {
    host: string
    port: number
    username: string
    auth: 'key' | 'agent'
    hostKey: string | null
  }): HopFields => ({
    ...emptyHop,
    host: of.host,
    port: String(of.port),
    username: of.username,
    auth: of.auth,
    hostKey: of.hostKey ?? '',
  })
  return {
    ...form,
    ssh: { ...hop(transport), socketPath: transport.socketPath ?? '' },
    useJump: transport.jump !== null,
    jump: transport.jump ? hop(transport.jump) : emptyHop,
  }
}

const given = (text: string) => (text.trim() === '' ? undefined : text)

function hopInput(hop: HopFields) {
  const { auth, passphrase } = hop
  return {
    host: hop.host.trim(),
    port: Number(hop.port),
    username: hop.username.trim(),
    auth,
    ...(auth === 'key' ? { privateKey: given(hop.privateKey), passphrase: passphrase || undefined } : {}),
    hostKey: given(hop.hostKey),
  }
}

export function transportOf(form: HostForm): TransportInput {
  if (form.way === 'unix') return { kind: 'unix', socketPath: form.unix.socketPath.trim() }
  if (form.way === 'tcp') return { kind: 'tcp', host: form.tcp.host.trim(), port: Number(form.tcp.port) }
  if (form.way === 'tls') {
    const { host, port, ca, cert, key, passphrase, servername } = form.tls
    return {
      kind: 'tls',
      host: host.trim(),
      port: Number(port),
      ca: given(ca),
      cert: given(cert),
      key: given(key),
      passphrase: passphrase || undefined,
      servername: given(servername),
    }
  }
  const jump = form.useJump ? hopInput(form.jump) : undefined
  return { kind: 'ssh', ...hopInput(form.ssh), socketPath: given(form.ssh.socketPath), jump }
}

/** A name to begin with: the machine's part of the address. */
export function suggestedName(form: HostForm): string {
  if (form.way === 'unix') return form.unix.socketPath.includes('podman') ? 'podman' : 'docker'
  const { host } = form[form.way]
  return /^[\d.:]+$/.test(host) ? host : (host.split('.')[0] ?? '')
}

export function inputOf(form: HostForm): HostInput {
  const tags = form.tags
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean)
  return {
    name: form.name.trim() || suggestedName(form),
    tags: [...new Set(tags)],
    transport: transportOf(form),
  }
}

/** Whether there is enough to try. */
export function isComplete(form: HostForm): boolean {
  if (form.way === 'unix') return form.unix.socketPath.trim().startsWith('/')
  const validEnd = (end: { host: string; port: string }) =>
    end.host.trim() !== '' && Number(end.port) > 0 && Number(end.port) < 65536
  if (!validEnd(form[form.way])) return false
  return form.way !== 'ssh' || (form.ssh.username.trim() !== '' && (!form.useJump || validEnd(form.jump)))
}
