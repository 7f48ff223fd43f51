import { type ArchiveContents } from '#lib/contracts/archives.ts'
import type { EngineInfo } from '#lib/contracts/hosts.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import { parseImageRef, qualifiedReference } from '#lib/images/image-ref.ts'
import { type MayName, mayName } from '../../acts/taken-name.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize } from '../../principal/principal.ts'
import { plainTar } from '../../tar/compression.ts'
import { defineTask, type PlannedStep, type StepContext, type TaskDefinition } from '../../tasks/types.ts'
import { keptNames } from '../images/there.ts'
import { chooseImages, type LoadOptions } from './choose.ts'
import type { ArchiveLibrary, OpenArchive } from './library.ts'
import { type LoadChoice, loadStream } from './load-stream.ts'
import { keptLoad, takenUpLoad } from './loaded.ts'

export const loadKind = 'archives.load'

interface Rootfs {
  command: string[]
  env: string[]
}

/**
 * Loads an archive on several hosts, each at its own pace, while it is still being uploaded. What decides about the
 * load is sent last and only when the whole archive was found right.
 */
export function loadTask({
  registry,
  library,
  authorize,
}: {
  registry: HostRegistry
  library: ArchiveLibrary
  authorize: Authorize
}): TaskDefinition {
  return defineTask({
    kind: loadKind,
    params: ({ archiveId, hostIds }) => ({ name: library.get(archiveId).name, count: hostIds.length }),
    plan({ archiveId, hostIds, platforms, rootfs, ...options }, principal) {
      const { archive } = library.open(archiveId)
      // What can be said now is said before anything is sent; an upload under way is judged at each host.
      if (options.names !== 'keep' && options.references.length === 0) throw new AppError('reference_missing')
      return [...new Set(hostIds)].map(
        (hostId): PlannedStep<TaskResult<'archives.load'>> => ({
          key: `load ${hostId}`,
          hostId,
          subject: archive.name,
          verb: 'load',
          act: 'image.load',
          kept: () => ({ subject: archive.name, images: [] }),
          async run(context) {
            const engine = registry.engine(hostId)
            const info = engine.info as EngineInfo
            const platform = platforms[hostId] ?? `${info.os}/${info.arch}`
            const opened = library.open(archiveId)
            const name = mayName(authorize, principal, hostId, engine, context.signal)
            const { kind } = opened.archive.contents ?? { kind: opened.archive.found?.kind ?? null }
            // Only a rootfs has to be whole first: nothing in it can be held back until it was found right.
            if (rootfs || kind === 'rootfs')
              return importRootfs(opened, engine, name, options, rootfs, context)
            return load(opened, engine, name, { ...options, platform }, context)
          },
        }),
      )
    },
    takeUp: takenUpLoad,
  })
}

async function load(
  opened: OpenArchive,
  engine: EngineClient,
  name: MayName,
  options: LoadOptions,
  { signal, progress, keep }: StepContext,
): Promise<TaskResult<'archives.load'>> {
  const { contents } = opened
  const { flavour, version, containerdStore } = engine.info as EngineInfo
  const target = { flavour, version, hasContainerdStore: containerdStore }
  let chosen: LoadChoice[] = []
  const choose = (known: ArchiveContents) => {
    if (known.kind === 'rootfs') throw new AppError('archive_is_rootfs')
    chosen = chooseImages(known, options)
    return chosen
  }
  // A platform that does not fit is told before a byte is sent, where it is known by then.
  if (opened.archive.contents) choose(opened.archive.contents)
  // Names are known with the contents, and what makes an image of it all is sent only after them.
  const permitted = contents.then(async (known) => {
    for (const { image, names } of known.kind === 'rootfs' ? [] : choose(known))
      for (const each of names)
        await name(each, [image.configDigest, ...(image.manifest ? [image.manifest.digest] : [])])
    await keep(keptLoad(opened.archive.name, chosen, containerdStore))
    return known
  })
  const tar = loadStream(opened.read(signal), permitted, choose, target)
  await engine.images.load(counted(tar, opened, progress), { signal })
  const proofs = []
  for (const choice of chosen) proofs.push(await prove(engine, choice, containerdStore, signal))
  return {
    imageId: proofs.map(({ id }) => id).join(' '),
    ...(proofs.some(({ digest }) => digest)
      ? { digest: proofs.flatMap(({ digest }) => digest ?? []).join(' ') }
      : {}),
    ...(chosen.some(({ names }) => names.length > 0)
      ? { names: chosen.flatMap(({ names }) => names).join(' ') }
      : {}),
    platform: [...new Set(chosen.map(({ image }) => image.platform))].join(' '),
  }
}

/**
 * Asks the engine for what it has now: the image by its digest, under each of the names. Names that the load did not
 * give (Podman takes one from a layout) are given here.
 * @throws load_mismatch when the engine holds something else
 */
async function prove(
  engine: EngineClient,
  { image, names }: LoadChoice,
  containerdStore: boolean,
  signal: AbortSignal,
): Promise<{ id: string; digest: string | null }> {
  // The containerd store knows images by their manifest; all others by their configuration.
  const id = containerdStore ? (names[0] ?? image.manifest?.digest ?? '') : image.configDigest
  const found = await describe(engine, id, signal)
  const expected = image.layers.map(({ diffId }) => diffId)
  if (found.layers.join() !== expected.join() || (!containerdStore && found.id !== image.configDigest))
    throw new AppError('load_mismatch', { params: { expected: image.configDigest, found: found.id } })
  for (const name of names) {
    const named = await describe(engine, name, signal).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'image_not_found') return null
      throw error
    })
    if (named?.id === found.id) continue
    const { repository, tag } = parseImageRef(name) as { repository: string; tag: string }
    await engine.images.tag(found.id, { repository, tag }, { signal })
  }
  return { id: found.id, digest: image.manifest?.digest ?? null }
}

async function describe(
  engine: EngineClient,
  reference: string,
  signal: AbortSignal,
): Promise<{ id: string; layers: string[] }> {
  const answer = (await engine.images.inspect(reference, { signal })) as {
    Id?: string
    RootFS?: { Layers?: string[] }
  }
  const id = answer.Id ?? ''
  return { id: id.includes(':') ? id : `sha256:${id}`, layers: answer.RootFS?.Layers ?? [] }
}

async function importRootfs(
  opened: OpenArchive,
  engine: EngineClient,
  name: MayName,
  options: Pick<LoadOptions, 'references'>,
  rootfs: Rootfs = { command: [], env: [] },
  { signal, progress, keep }: StepContext,
): Promise<TaskResult<'archives.load'>> {
  const contents = await opened.contents
  if (contents.kind !== 'rootfs') throw new AppError('archive_no_rootfs')
  const reference = qualifiedReference(options.references[0] ?? '')
  if (!reference) throw new AppError('reference_missing')
  await name(reference)
  await keep({ subject: opened.archive.name, ...(await keptNames(engine, [reference])) })
  const changes = [
    ...(rootfs.command.length > 0 ? [`CMD ${JSON.stringify(rootfs.command)}`] : []),
    ...rootfs.env.map(
      (pair) =>
        `ENV ${pair.slice(0, pair.indexOf('='))}=${JSON.stringify(pair.slice(pair.indexOf('=') + 1))}`,
    ),
  ]
  const tar = plainTar(opened.read(signal), () => {})
  const { id } = await engine.images.import(counted(tar, opened, progress), { reference, changes, signal })
  return { imageId: id, names: reference }
}

/** Bytes as the engine takes them: what it does with them then, it does not say. */
async function* counted(
  tar: AsyncIterable<Buffer>,
  opened: OpenArchive,
  progress: StepContext['progress'],
): AsyncGenerator<Buffer> {
  let current = 0
  const { archive } = opened
  for await (const chunk of tar) {
    current += chunk.length
    const unpacked = archive.contents?.unpackedSize
    // A stream without its unchosen platforms is shorter: the end tells.
    const total = unpacked ?? (archive.found?.compression === 'none' ? archive.size : null)
    progress([
      { id: 'sent', label: 'Sent', current, total: total === null ? null : Math.max(total, current) },
    ])
    yield chunk
  }
  progress([{ id: 'sent', label: 'Loading', current, total: current }])
}
