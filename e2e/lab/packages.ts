import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.ts'

/** What the lab and its tests need of Debian 12, as file -> package. */
const needed: Record<string, string> = {
  '/usr/sbin/dockerd': 'docker.io',
  '/usr/bin/podman': 'podman',
  '/usr/sbin/runc': 'runc',
  '/usr/sbin/iptables': 'iptables',
  '/usr/sbin/ip': 'iproute2',
  '/bin/busybox': 'busybox-static',
  '/usr/sbin/sshd': 'openssh-server',
  '/usr/bin/ssh-keygen': 'openssh-client',
  '/usr/bin/openssl': 'openssl',
  '/usr/bin/patchelf': 'patchelf',
  '/usr/bin/tini': 'tini',
  '/usr/bin/newuidmap': 'uidmap',
  '/usr/bin/docker-registry': 'docker-registry',
  '/usr/bin/skopeo': 'skopeo',
  '/usr/bin/curl': 'curl',
  '/usr/lib/python3/dist-packages/docker/__init__.py': 'python3-docker',
  '/usr/bin/docker-compose': 'docker-compose',
  '/usr/bin/prometheus': 'prometheus',
}

/** Installs what is missing on Debian as root; elsewhere throws with exactly what is missing. */
export async function ensurePackages(say: (line: string) => void): Promise<void> {
  const missing = Object.entries(needed).filter(([path]) => !existsSync(path))
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      'The lab makes network namespaces: it needs Linux and root. Everything else works without it.',
    )
  }
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(([, name]) => name))]
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`The lab needs these commands: ${missing.map(([path]) => path).join(' ')}`)
  }
  say(`installing ${packages.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-q'], { env })
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env })
}

interface Unpacked {
  suite: string
  packages: string[]
  /** Needs the suite's own libc: interpreter and rpath are set to what was unpacked. */
  patch: string[]
  /** Not used of what was unpacked, since it asks for a newer libc; the machine's own serves. */
  drop: string[]
}

const newerEngines = {
  docker28: {
    suite: 'sid',
    packages: ['docker.io', 'containerd'],
    patch: [],
    drop: ['usr/bin/runc', 'usr/sbin/runc'],
  },
  /** The command and buildx, which is what builds with it. */
  dockerClient: { suite: 'sid', packages: ['docker-cli', 'docker-buildx'], patch: [], drop: [] },
  podman5: {
    suite: 'trixie',
    packages: [
      'podman',
      'conmon',
      'netavark',
      'aardvark-dns',
      'libc6',
      'libgpgme11t64',
      'libassuan9',
      'libgpg-error0',
      'libseccomp2',
      'libsubid5',
      'libsqlite3-0',
      'libsystemd0',
      'libcap2',
      'libglib2.0-0t64',
      'libpcre2-8-0',
      'libgcc-s1',
      'libacl1',
      'libattr1',
      'libselinux1',
      'libsemanage2',
      'libaudit1',
      'libcrypt1',
      'libcap-ng0',
      'libbz2-1.0',
      'libsepol2',
      'zlib1g',
      'libffi8',
      'libatomic1',
    ],
    patch: ['usr/bin/podman', 'usr/bin/conmon', 'usr/lib/podman/netavark', 'usr/lib/podman/aardvark-dns'],
    drop: [],
  },
} satisfies Record<string, Unpacked>

/** Clients of engines that ops people use and the lab itself does not: for `npm run test:hard`. */
const clients = {
  ansible: {
    suite: 'bookworm',
    packages: [
      'ansible',
      'ansible-core',
      'libyaml-0-2',
      'python3-jinja2',
      'python3-markupsafe',
      'python3-packaging',
      'python3-resolvelib',
      'python3-yaml',
    ],
    patch: [],
    drop: [],
  },
  buildah: { suite: 'bookworm', packages: ['buildah'], patch: [], drop: [] },
  compose: { suite: 'sid', packages: ['docker-compose'], patch: [], drop: [] },
  podmanPy: { suite: 'sid', packages: ['python3-podman'], patch: [], drop: [] },
} satisfies Record<string, Unpacked>

/** Downloads are kept here between labs, outside the tree. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'roadstead-lab')
}

/**
 * Unpacks an engine newer than Debian 12's beside it, through a private apt configuration: the machine's own package
 * lists, sources and status are not touched. Returns the folder with usr/ in it.
 */
export const ensureNewerEngine = (name: keyof typeof newerEngines, say: (line: string) => void) =>
  unpack(name, newerEngines[name], say)

/** As `ensureNewerEngine`, a client that the lab itself does without. */
export const ensureClient = (name: keyof typeof clients) => unpack(name, clients[name], () => {})

/** Testcontainers, as npm has it. Returns the folder with its node_modules in it. */
export async function ensureTestcontainers(): Promise<string> {
  const folder = join(cacheFolder(), 'testcontainers')
  const stamp = join(folder, 'unpacked')
  if (existsSync(stamp)) return folder
  mkdirSync(folder, { recursive: true })
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', 'testcontainers@12.2.0'])
  writeFileSync(stamp, new Date().toISOString())
  return folder
}

async function unpack(name: string, engine: Unpacked, say: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder(), name)
  const stamp = join(folder, 'unpacked')
  if (existsSync(stamp)) return folder
  say(`fetching ${name} from ${engine.suite}`)
  rmSync(folder, { recursive: true, force: true })
  const apt = join(folder, 'apt')
  for (const part of ['lists/partial', 'archives/partial', 'debs'])
    mkdirSync(join(apt, part), { recursive: true })
  const targets = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)'], { check: false })
  const mirror =
    targets.stdout.split('\n').find((uri) => /\/debian\/?$/.test(uri)) ?? 'http://deb.debian.org/debian'
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  writeFileSync(join(apt, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${engine.suite} main\n`)
  writeFileSync(join(apt, 'status'), '')
  writeFileSync(
    join(apt, 'apt.conf'),
    [
      `Dir::Etc::sourcelist "${apt}/sources.list";`,
      'Dir::Etc::sourceparts "/dev/null";',
      `Dir::State::Lists "${apt}/lists";`,
      `Dir::State::status "${apt}/status";`,
      `Dir::Cache "${apt}";`,
      `Dir::Cache::archives "${apt}/archives";`,
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
    ].join('\n'),
  )
  const env = { ...process.env, APT_CONFIG: join(apt, 'apt.conf') }
  await run('apt-get', ['update', '-q'], { env })
  await run('apt-get', ['download', ...engine.packages], { env, cwd: join(apt, 'debs') })
  for (const deb of readdirSync(join(apt, 'debs'))) await run('dpkg', ['-x', join(apt, 'debs', deb), folder])
  for (const path of engine.drop) rmSync(join(folder, path), { force: true })
  const libraries = join(folder, 'usr/lib', triplet())
  for (const path of engine.patch) {
    const loader = readdirSync(libraries).find((file) => /^ld-linux.*\.so/.test(file))
    if (!loader) throw new Error(`${name}: no dynamic loader among what was unpacked`)
    // DT_RPATH, not RUNPATH: only the former is followed for the libraries of the libraries.
    const rpath = ['--force-rpath', '--set-rpath', libraries]
    await run('patchelf', ['--set-interpreter', join(libraries, loader), ...rpath, join(folder, path)])
  }
  rmSync(apt, { recursive: true, force: true })
  writeFileSync(stamp, new Date().toISOString())
  return folder
}

function triplet(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
}
