import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startInside } from '#e2e/lab/host.ts'
import { until } from '#e2e/lab/run.ts'
import { startSshAgent } from '#e2e/lab/ssh.ts'
import { type EngineName, engineNames, type LabTransport, labEngine, labFolder } from '#e2e/lab/state.ts'
import { askPing } from '../testing/ask-ping.ts'
import { labHop, labSpec } from '../testing/lab-transport.ts'
import { dialTcp } from './dial.ts'
import { openTransport } from './index.ts'
import type { SshHop, Transport, TransportSpec } from './types.ts'

let transport: Transport | undefined
afterEach(() => transport?.close())
const ping = (spec: TransportSpec) => {
  transport = openTransport(spec)
  return askPing(transport)
}

type LabSsh = Extract<LabTransport, { kind: 'ssh' }>
const labSsh = (name: EngineName) => labEngine(name).transport as LabSsh
const fingerprints = (name: EngineName) => labSsh(name).hostKeyFingerprint

describe('every transport of the lab', () => {
  it.each(engineNames)('%s answers', async (name) => {
    expect(await ping(labSpec(labEngine(name)))).toBe('OK')
  })
})

describe('TLS to dockerd', () => {
  const tls = () => labSpec(labEngine('docker-tls')) as Extract<TransportSpec, { kind: 'tls' }>

  it('tells that it refused us without a certificate', async () => {
    const { host, port, ca } = tls()
    await expect(ping({ kind: 'tls', host, port, ca })).rejects.toMatchObject({ code: 'tls_client_refused' })
  })

  it('is not trusted without its CA', async () => {
    await expect(ping({ ...tls(), ca: undefined })).rejects.toMatchObject({ code: 'tls_untrusted' })
  })

  it('is no TLS server where it speaks plain TCP', async () => {
    const { host, port } = labEngine('docker28-tcp').transport as Extract<LabTransport, { kind: 'tcp' }>
    await expect(ping({ ...tls(), host, port })).rejects.toMatchObject({ code: 'tls_not_spoken' })
  })
})

describe('SSH to Debian’s sshd', () => {
  it.each(['docker-ssh', 'podman-ssh'] as const)('%s with an encrypted key', async (name) => {
    const { encryptedKeyPath, passphrase } = labSsh(name)
    const auth = { kind: 'key', privateKey: readFileSync(encryptedKeyPath, 'utf8'), passphrase } as const
    expect(await ping({ kind: 'ssh', ...labHop(labSsh(name)), auth })).toBe('OK')
  })

  it('with an ssh-agent', async () => {
    const agent = await startSshAgent(labSsh('docker-ssh'))
    try {
      const auth = { kind: 'agent', socketPath: agent.socketPath } as const
      expect(await ping({ kind: 'ssh', ...labHop(labSsh('docker-ssh')), auth })).toBe('OK')
    } finally {
      agent.stop()
    }
  })

  it('through a jump host, whose key is checked first', async () => {
    const { jump, addressBehindJump } = labSsh('docker-ssh')
    const target = { ...labHop(labSsh('docker-ssh')), host: addressBehindJump as string }
    const hop = labHop(jump as NonNullable<LabSsh['jump']>)
    expect(await ping({ kind: 'ssh', ...target, jump: hop })).toBe('OK')
    await transport?.close()
    await expect(
      ping({ kind: 'ssh', ...target, jump: { ...hop, hostKey: undefined } }),
    ).rejects.toMatchObject({
      code: 'ssh_host_key_unknown',
      context: { params: { hop: 'jump', fingerprint: jump?.hostKeyFingerprint } },
    })
    await transport?.close()
    await expect(ping({ kind: 'ssh', ...target, hostKey: undefined, jump: hop })).rejects.toMatchObject({
      code: 'ssh_host_key_unknown',
      context: { params: { hop: 'target', fingerprint: fingerprints('docker-ssh') } },
    })
  })

  it('refuses the key of another machine', async () => {
    const pinned = fingerprints('podman-ssh')
    await expect(
      ping({ kind: 'ssh', ...labHop(labSsh('docker-ssh')), hostKey: pinned }),
    ).rejects.toMatchObject({
      code: 'ssh_host_key_changed',
      context: { params: { pinned, fingerprint: fingerprints('docker-ssh') } },
    })
  })

  it('tells that the account is not let in', async () => {
    const hop = { ...labHop(labSsh('docker-ssh')), username: 'nobody' }
    await expect(ping({ kind: 'ssh', ...hop })).rejects.toMatchObject({ code: 'ssh_login_refused' })
  })

  it('tells that the given socket is not there', async () => {
    const spec = { kind: 'ssh', ...labHop(labSsh('docker-ssh')), socketPath: '/run/no-engine.sock' } as const
    await expect(ping(spec)).rejects.toMatchObject({
      code: 'socket_not_found',
      context: { params: { path: '/run/no-engine.sock' } },
    })
  })
})

/** A second sshd on the same machine, under other rules. */
async function withSshd(
  name: EngineName,
  rules: string[],
  body: (hop: SshHop) => Promise<void>,
): Promise<void> {
  const engine = labEngine(name)
  const folder = join(labFolder(), name)
  const port = 2400 + Math.floor(Math.random() * 1000)
  const path = join(folder, `sshd_config.${port}`)
  const ruled = rules.map((rule) => rule.split(' ')[0])
  const kept = readFileSync(join(folder, 'sshd_config'), 'utf8')
    .split('\n')
    .filter((line) => !['Port', 'PidFile', ...ruled].includes(line.split(' ')[0]))
  writeFileSync(path, [`Port ${port}`, 'PidFile none', ...rules, ...kept].join('\n'))
  const host = { name, netns: engine.netns, address: engine.address, folder, pid: engine.holderPid }
  const pid = await startInside(host, ['/usr/sbin/sshd', '-D', '-e', '-f', path], `sshd.${port}.log`)
  const hop = { ...labHop(labSsh(name)), port }
  try {
    const listens = () => dialTcp(hop.host, port).then((socket) => socket.destroy())
    await until('sshd to listen', listens, 5000)
    await body(hop)
  } finally {
    process.kill(pid)
    rmSync(path)
    rmSync(join(folder, `sshd.${port}.log`))
  }
}

describe('sshd under other rules', () => {
  it.each(['docker-ssh', 'podman-ssh'] as const)(
    '%s without forwarding to sockets: dial-stdio',
    async (name) => {
      await withSshd(name, ['AllowStreamLocalForwarding no'], async (hop) => {
        expect(await ping({ kind: 'ssh', ...hop })).toBe('OK')
      })
    },
  )

  it('opens another connection when all sessions of one are streams', async () => {
    await withSshd('docker-ssh', ['AllowStreamLocalForwarding no', 'MaxSessions 2'], async (hop) => {
      const opened = openTransport({ kind: 'ssh', ...hop, socketPath: '/run/docker.sock' })
      transport = opened
      const stop = new AbortController()
      const streams = await Promise.all(
        Array.from({ length: 5 }, () =>
          opened.dispatchers.own.request({
            origin: opened.origin,
            method: 'GET',
            path: '/events',
            signal: stop.signal,
          }),
        ),
      )
      expect(streams.map((stream) => stream.statusCode)).toEqual([200, 200, 200, 200, 200])
      for (const stream of streams) stream.body.on('error', () => {})
      stop.abort()
    })
  })

  it('many streams over one session-less connection', async () => {
    await withSshd('docker-ssh', ['MaxSessions 0'], async (hop) => {
      const opened = openTransport({ kind: 'ssh', ...hop })
      transport = opened
      // No command can be run, so the socket is found by connecting to the usual places.
      expect(await Promise.all(Array.from({ length: 25 }, () => askPing(opened)))).toHaveLength(25)
    })
  })

  it('tells that neither sockets nor commands are allowed', async () => {
    await withSshd('docker-ssh', ['AllowStreamLocalForwarding no', 'MaxSessions 0'], async (hop) => {
      await expect(ping({ kind: 'ssh', ...hop })).rejects.toMatchObject({ code: 'ssh_socket_not_found' })
    })
  })

  it('survives a forced command', async () => {
    await withSshd('docker-ssh', ['ForceCommand /bin/false'], async (hop) => {
      expect(await ping({ kind: 'ssh', ...hop })).toBe('OK')
    })
  })
})
