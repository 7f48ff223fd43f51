import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LabHost, startInside } from './host.ts'
import { isAlive, run } from './run.ts'
import type { LabSshHop } from './state.ts'

const passphrase = 'a long lab passphrase'

/** The keys that open every sshd of the lab: one in the clear, one under a passphrase. */
export async function makeUserKeys(folder: string): Promise<void> {
  const keys = join(folder, 'ssh')
  mkdirSync(keys, { recursive: true, mode: 0o700 })
  for (const [name, secret] of [
    ['id_ed25519', ''],
    ['id_encrypted', passphrase],
  ] as const) {
    const path = join(keys, name)
    if (!existsSync(path)) {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', secret, '-C', `lab-${name}`, '-f', path])
    }
  }
  const authorised = ['id_ed25519', 'id_encrypted'].map((name) =>
    readFileSync(join(keys, `${name}.pub`), 'utf8'),
  )
  writeFileSync(join(keys, 'authorized_keys'), authorised.join(''))
}

/** Debian's sshd inside a host, on port 22, with a host key of its own. */
export async function startSshd(host: LabHost, labFolder: string): Promise<{ pid: number; hop: LabSshHop }> {
  const hostKey = join(host.folder, 'ssh_host_ed25519_key')
  if (!existsSync(hostKey))
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', host.name, '-f', hostKey])
  const configuration = join(host.folder, 'sshd_config')
  writeFileSync(
    configuration,
    [
      'Port 22',
      `HostKey ${hostKey}`,
      `PidFile ${join(host.folder, 'sshd.pid')}`,
      `AuthorizedKeysFile ${join(labFolder, 'ssh', 'authorized_keys')}`,
      // The lab's folder is below the world-writable /tmp, which StrictModes refuses.
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'UsePAM no',
      'AllowStreamLocalForwarding yes',
      'AllowTcpForwarding yes',
      'UseDNS no',
    ].join('\n'),
  )
  chmodSync(hostKey, 0o600)
  const pid = await startInside(host, ['/usr/sbin/sshd', '-D', '-e', '-f', configuration], 'sshd.log')
  const print = await run('ssh-keygen', ['-lf', `${hostKey}.pub`])
  const fingerprint = /SHA256:\S+/.exec(print.stdout)?.[0]
  if (!fingerprint || !isAlive(pid)) throw new Error(`sshd of ${host.name} did not start`)
  return {
    pid,
    hop: {
      host: host.address,
      port: 22,
      username: 'root',
      keyPath: join(labFolder, 'ssh', 'id_ed25519'),
      encryptedKeyPath: join(labFolder, 'ssh', 'id_encrypted'),
      passphrase,
      hostKeyFingerprint: fingerprint,
    },
  }
}

/** An ssh-agent that holds the unencrypted key; ends with `stop`. */
export async function startSshAgent(hop: LabSshHop): Promise<{ socketPath: string; stop(): void }> {
  const started = await run('ssh-agent', ['-s'])
  const socketPath = /SSH_AUTH_SOCK=([^;]+)/.exec(started.stdout)?.[1]
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started.stdout)?.[1])
  if (!socketPath || !pid) throw new Error('ssh-agent did not say where it listens')
  await run('ssh-add', ['-q', hop.keyPath], { env: { ...process.env, SSH_AUTH_SOCK: socketPath } })
  return { socketPath, stop: () => process.kill(pid) }
}
