import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

/** Names with a domain: an engine takes them as they are (Podman puts localhost/ before a bare one). */
export const labImages = {
  busybox: 'lab.internal/busybox:1.36',
  web1: 'lab.internal/web:1.0',
  web2: 'lab.internal/web:2.0',
} as const

/**
 * One docker-archive with three images made of Debian's static busybox, with fixed times so that their digests are the
 * same on every engine and in every lab. Returns its path.
 */
export async function makeImageArchive(folder: string): Promise<string> {
  const archive = join(folder, 'images.tar')
  if (existsSync(archive)) return archive
  const work = join(folder, 'images')
  rmSync(work, { recursive: true, force: true })
  const root = join(work, 'root')
  for (const path of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'www'])
    mkdirSync(join(root, path), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  const applets = (await run('/bin/busybox', ['--list'])).stdout
    .split('\n')
    .filter((name) => name && name !== 'busybox')
  for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet))
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  )
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')

  const base = await layer(work, root)
  const page = async (version: string) => {
    const site = join(work, `site-${version}`)
    mkdirSync(join(site, 'www'), { recursive: true })
    writeFileSync(join(site, 'www/index.html'), `<h1>web ${version}</h1>\n`)
    return layer(work, site)
  }
  const [first, second] = [await page('1.0'), await page('2.0')]
  const serve = { Cmd: ['httpd', '-f', '-p', '80', '-h', '/www'], ExposedPorts: { '80/tcp': {} } }
  const images = [
    image(work, [labImages.busybox], [base], { Cmd: ['/bin/sh'] }),
    image(work, [labImages.web1], [base, first], serve),
    image(work, [labImages.web2, 'lab.internal/web:latest'], [base, second], serve),
  ]
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(images))
  const layers = [base, first, second].map((digest) => `${digest}.tar`)
  await run('tar', [
    '-C',
    work,
    '-cf',
    archive,
    'manifest.json',
    ...images.map((entry) => entry.Config),
    ...layers,
  ])
  rmSync(work, { recursive: true, force: true })
  return archive
}

/** Tars a folder reproducibly; returns the sha256 of the tar, which is also its name. */
async function layer(work: string, folder: string): Promise<string> {
  const path = join(work, 'layer.tar')
  const fixed = ['--sort=name', '--mtime=@1700000000', '--owner=0', '--group=0', '--numeric-owner']
  await run('tar', [...fixed, '-C', folder, '-cf', path, '.'])
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
  renameSync(path, join(work, `${digest}.tar`))
  return digest
}

function image(work: string, tags: string[], layers: string[], config: Record<string, unknown>) {
  const created = '2026-01-15T09:30:00Z'
  const document = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created,
    config: { Env: ['PATH=/bin'], ...config },
    rootfs: { type: 'layers', diff_ids: layers.map((digest) => `sha256:${digest}`) },
    history: layers.map((digest, index) => ({
      created,
      created_by: index === 0 ? 'ADD busybox /bin' : `COPY www /www # ${digest.slice(0, 8)}`,
    })),
  })
  const name = `${createHash('sha256').update(document).digest('hex')}.json`
  writeFileSync(join(work, name), document)
  return { Config: name, RepoTags: tags, Layers: layers.map((digest) => `${digest}.tar`) }
}
