import { z } from 'zod'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { sentence } from '../../messages.ts'
import type { Authorize } from '../../principal/principal.ts'
import { inquiry, notDone } from '../../tasks/inquiry.ts'
import { defineTask, type PlannedStep, type StepContext, type TaskDefinition } from '../../tasks/types.ts'
import { registryReference } from '../registries/reference.ts'
import { refuseManifestLists } from './manifest-lists.ts'
import { type ImageDocument, idOf, isSameImage } from './same-image.ts'
import { expectImages, findImage, lateImagesMs, unfinished } from './there.ts'

export const copyKind = 'images.copy'

/** An image of the source, with the names under which it is to be known at the target. */
interface Wanted {
  document: ImageDocument
  names: string[]
}

/**
 * Copies images from one host to others, through this server and not its disk: the source's stream is the target's.
 * Throws reference_invalid for what can't be a name at the target, host_not_found, denied at the source.
 */
export function copyTask({
  registry,
  fleet,
  authorize,
}: {
  fleet: Pick<MemoryFleet, 'all'>
  registry: HostRegistry
  authorize: Authorize
}): TaskDefinition {
  return defineTask({
    kind: copyKind,
    params: ({ references, targetHostIds }) => ({
      name: references[0] ?? '',
      images: references.length,
      count: targetHostIds.length,
    }),
    plan({ references, sourceHostId, targetHostIds }, principal) {
      const maySave = () => authorizeAct(authorize, principal, 'image.save', { hostId: sourceHostId })
      maySave()
      registry.get(sourceHostId)
      refuseManifestLists(fleet, sourceHostId, references)
      for (const reference of references) if (!isId(reference)) nameOf(reference)
      const others = [...new Set(targetHostIds)].filter((hostId) => hostId !== sourceHostId)
      const subject = references.join(', ')
      return others.map(
        (hostId): PlannedStep<TaskResult<'images.copy'>> => ({
          key: `copy ${hostId}`,
          hostId,
          subject,
          verb: 'copy',
          act: 'image.load',
          kept: () => ({ images: [] }),
          async run(context) {
            maySave()
            const atSource = told(sourceHostId)
            const source = await atSource(async () => registry.engine(sourceHostId))
            const target = registry.engine(hostId)
            const wanted = await atSource(() => find(source, references, context.signal))
            const transfer = new Transfer(context)
            const ids: string[] = []
            const rename = () => authorizeAct(authorize, principal, 'image.rename', { hostId })
            await context.keep({ images: wanted.map(toKept) })
            try {
              for (const image of wanted)
                ids.push(
                  await provide({
                    source,
                    target,
                    image,
                    transfer,
                    atSource,
                    rename,
                    signal: context.signal,
                  }),
                )
            } catch (error) {
              throw withLeft(error, transfer.left(wanted, ids.length), context.signal)
            }
            const outcome = transfer.hasChanged ? 'copied' : 'already'
            return { imageId: ids.join(', '), bytes: transfer.bytes, outcome }
          },
        }),
      )
    },
    takeUp(given) {
      const state = keptCopySchema.parse(given)
      return inquiry({
        act: 'image.load',
        state,
        patienceMs: lateImagesMs,
        subject: state.images.flatMap(callsOf).join(', '),
        async look(engine) {
          // Nothing was sent by then.
          if (state.images.length === 0) throw notDone()
          const ids = await expectImages(
            engine,
            state.images.map(({ document, names }) => ({
              ids: [idOf(document)],
              names,
              isIt: (found) => isSameImage(document, found),
            })),
          )
          return { imageId: ids.join(', '), outcome: 'copied' }
        },
      })
    },
  })
}

/** On the disk before anything is sent: what tells the images apart, and no more of their documents. */
const keptCopySchema = z.object({
  images: z.array(z.object({ document: z.custom<ImageDocument>(), names: z.array(z.string()) })),
})

function toKept({ document, names }: Wanted): Wanted {
  const { Id, RepoDigests, Descriptor, RootFS, Created, Os, Architecture, Config } = document
  const { Cmd, Entrypoint, Env } = Config ?? {}
  const told = { Id, RepoDigests, Descriptor, RootFS, Created, Os, Architecture }
  return { document: { ...told, Config: { Cmd, Entrypoint, Env } } as ImageDocument, names }
}

const callsOf = ({ document, names }: Wanted) => (names.length > 0 ? names : [idOf(document)])

/** What was brought to a host before the rest failed or was cancelled is not left there without a word. */
function withLeft(error: unknown, left: Left, { aborted, reason }: AbortSignal): unknown {
  if (left.there.length === 0 && left.unnamed.length === 0) return error
  if (aborted && reason?.code !== 'task_cancelled') return error
  if (aborted) return Object.assign(unfinished(left, { cause: error }), { isCancelled: true })
  if (!(error instanceof AppError)) return error
  const { code, context } = error
  const words = sentence('images_unfinished', unfinished(left).context.params)
  return new AppError(code, { ...context, detail: [context.detail, words].filter(Boolean).join('\n') })
}

type Left = Parameters<typeof unfinished>[0]

const isId = (reference: string) => /^sha256:[0-9a-f]{64}$/.test(reference)

/** Full, as both engines understand it: Docker leaves out docker.io/library/, Podman does not. */
function nameOf(reference: string): string {
  const { address, repository, reference: tag } = registryReference(reference)
  if (tag.startsWith('sha256:')) throw new AppError('reference_invalid', { detail: reference })
  return `${address}/${repository}:${tag}`
}

/** Errors of the other end than the step's, told as such. */
function told(hostId: string) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw error instanceof AppError ? error.at({ hostId }) : error
    }
  }
}

/** The images that these references mean at the source now, each once. */
async function find(
  source: EngineClient,
  references: readonly string[],
  signal: AbortSignal,
): Promise<Wanted[]> {
  const found = new Map<string, Wanted>()
  for (const reference of references) {
    const document = (await source.images.inspect(reference, { signal })) as ImageDocument
    const wanted = found.get(idOf(document)) ?? { document, names: [] }
    if (!isId(reference)) wanted.names.push(nameOf(reference))
    found.set(idOf(document), wanted)
  }
  return [...found.values()]
}

/**
 * Brings one image to the target, unless it is there already, and names it. It travels by its id, without a name: Podman
 * makes `localhost/1.0:latest` of the `1.0` that Docker writes into an archive, and may so take a name from another image.
 * Resolves with its id there. Throws copy_mismatch before anything is named.
 */
async function provide(parts: {
  source: EngineClient
  target: EngineClient
  image: Wanted
  transfer: Transfer
  atSource: ReturnType<typeof told>
  /** Throws denied when a name may not be taken from another image. */
  rename(): void
  signal: AbortSignal
}): Promise<string> {
  const { source, target, image, transfer, atSource, rename, signal } = parts
  const id = idOf(image.document)
  const find = (reference: string) => findImage(target, reference, signal)
  let there = await find(id)
  if (!there || !isSameImage(image.document, there)) {
    const tar = await atSource(() => source.images.save([id], signal))
    const { loaded } = await target.images.load(transfer.of(tar, id, atSource), { signal })
    there = await find(loaded[0] as string)
    if (!there || !isSameImage(image.document, there)) throw mismatch(id, there)
    transfer.unnamed = idOf(there)
  }
  const imageId = idOf(there)
  for (const name of image.names) {
    const known = await find(name)
    if (known && idOf(known) === imageId) continue
    if (known) rename()
    const colon = name.lastIndexOf(':')
    await target.images.tag(
      imageId,
      { repository: name.slice(0, colon), tag: name.slice(colon + 1) },
      { signal },
    )
    transfer.hasChanged = true
    const named = await find(name)
    if (!named || idOf(named) !== imageId) throw mismatch(imageId, named)
    transfer.unnamed = null
  }
  transfer.unnamed = null
  return imageId
}

function mismatch(expected: string, document: ImageDocument | null): AppError {
  const found = document ? idOf(document) : 'nothing'
  return new AppError('copy_mismatch', { detail: `${expected} ≠ ${found}`, params: { expected, found } })
}

/** Counts what passes. How much it will be nobody knows: an engine's size of an image is not that of its archive. */
class Transfer {
  bytes = 0
  hasChanged = false
  /** The id of an image that has come and has no name yet. */
  unnamed: string | null = null
  private readonly context: StepContext

  constructor(context: StepContext) {
    this.context = context
  }

  /** @param done how many of the images are there under their names */
  left(wanted: readonly Wanted[], done: number): Left {
    const calls = (some: readonly Wanted[]) => some.flatMap(callsOf)
    const there = this.hasChanged ? calls(wanted.slice(0, done)) : []
    return { there, missing: calls(wanted.slice(done)), unnamed: this.unnamed ? [this.unnamed] : [] }
  }

  async *of(tar: AsyncIterable<Buffer>, id: string, atSource: ReturnType<typeof told>) {
    this.hasChanged = true
    const source = tar[Symbol.asyncIterator]()
    let passed = 0
    try {
      for (;;) {
        const next = await atSource(() => source.next())
        if (next.done) return
        passed += next.value.length
        this.bytes += next.value.length
        this.context.progress([{ id: id.slice(7, 19), label: '', current: passed, total: null }])
        yield next.value
      }
    } finally {
      await source.return?.()
    }
  }
}
