import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificates } from './certificates.ts'
import { prefix } from './host.ts'
import { run, startDaemon, until } from './run.ts'
import type { LabRegistry } from './state.ts'

/** Reachable from every host of the lab by its default route, and from here; nothing is routed beyond this machine. */
export const registryAddress = '10.79.0.1'
const account = { username: 'lab', password: 'low tide at six' }
/** bcrypt of that password, which is all that the registry takes. */
const htpasswd = 'lab:$2y$05$b259gdmKmZ29dC3dTaQtjOjUwXUiEhDMccrk0K.RUFxsfcRqAtXyG\n'

/** Two real registries (Debian's docker-registry): one open over HTTP, one with TLS and a password. Stores are in the lab's folder. */
export async function startRegistries(labFolder: string): Promise<LabRegistry[]> {
  const folder = join(labFolder, 'registries')
  mkdirSync(folder, { recursive: true })
  const link = `${prefix}reg`
  await run('ip', ['link', 'add', `${link}a`, 'type', 'veth', 'peer', 'name', `${link}b`])
  await run('ip', ['address', 'add', `${registryAddress}/32`, 'dev', `${link}a`])
  for (const end of ['a', 'b']) await run('ip', ['link', 'set', `${link}${end}`, 'up'])

  const tls = await makeCertificates(join(folder, 'tls'), registryAddress)
  writeFileSync(join(folder, 'htpasswd'), htpasswd)
  const open: LabRegistry = { name: 'open', address: `${registryAddress}:5000`, scheme: 'http' }
  const closed: LabRegistry = {
    name: 'private',
    address: `${registryAddress}:5001`,
    scheme: 'https',
    caPath: tls.ca,
    ...account,
  }
  await start(folder, open, {})
  await start(folder, closed, {
    tls: { certificate: tls.serverCert, key: tls.serverKey },
    auth: { htpasswd: { realm: 'lab', path: join(folder, 'htpasswd') } },
  })
  return [open, closed]
}

/** Ends the registries of any lab, also of one whose state is lost: they are known by the path of their configuration. */
export function stopRegistries(labFolder: string): void {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const [program = '', ...args] = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
      const ours = args.some((arg) => arg.startsWith(join(labFolder, 'registries')))
      if (program.endsWith('docker-registry') && ours) process.kill(Number(entry), 'SIGKILL')
    } catch {
      // It ended while we looked.
    }
  }
}

async function start(
  folder: string,
  registry: LabRegistry,
  more: { tls?: { certificate: string; key: string }; auth?: object },
): Promise<void> {
  const configuration = {
    version: 0.1,
    log: { level: 'warn' },
    storage: {
      filesystem: { rootdirectory: join(folder, registry.name) },
      delete: { enabled: true },
    },
    http: { addr: registry.address, ...(more.tls ? { tls: more.tls } : {}), secret: 'lab' },
    ...(more.auth ? { auth: more.auth } : {}),
  }
  // JSON is YAML.
  const path = join(folder, `${registry.name}.yml`)
  writeFileSync(path, JSON.stringify(configuration))
  startDaemon('docker-registry', ['serve', path], join(folder, `${registry.name}.log`))
  const probe = ['--silent', '--insecure', '--output', '/dev/null', '--write-out', '%{http_code}']
  await until(
    `the ${registry.name} registry to answer`,
    async () => {
      const { stdout } = await run('curl', [...probe, `${registry.scheme}://${registry.address}/v2/`], {
        check: false,
      })
      return stdout === '200' || stdout === '401'
    },
    10_000,
  )
}
