import { copyInputSchema } from '#lib/contracts/image-copy.ts'
import type { Authorize } from '../auth/types.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import { registryReference } from '../registries/reference.ts'
import { defineTask, type PlannedStep, type StepContext, type TaskDefinition } from '../tasks/types.ts'
import { type ImageDocument, idOf, isSameImage } from './same-image.ts'

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
  authorize,
}: {
  registry: HostRegistry
  authorize: Authorize
}): TaskDefinition {
  return defineTask({
    kind: copyKind,
    input: copyInputSchema,
    params: ({ references, targetHostIds }) => ({
      ...{ name: references[0] ?? '', images: references.length, count: targetHostIds.length },
    }),
    plan({ references, sourceHostId, targetHostIds }, principal) {
      const maySave = () => authorize(principal, 'images.save', { hostId: sourceHostId })
      maySave()
      registry.get(sourceHostId)
      for (const reference of references) if (!isId(reference)) nameOf(reference)
      const others = [...new Set(targetHostIds)].filter((hostId) => hostId !== sourceHostId)
      const subject = references.join(', ')
      return others.map(
        (hostId): PlannedStep => ({
          ...{ key: `copy ${hostId}`, hostId, subject, verb: 'copy', permission: 'images.load' },
          async run(context) {
            maySave()
            const atSource = told(sourceHostId)
            const source = await atSource(async () => registry.engine(sourceHostId))
            const target = registry.engine(hostId)
            const wanted = await atSource(() => find(source, references, context.signal))
            const transfer = new Transfer(context)
            const ids: string[] = []
            for (const image of wanted)
              ids.push(await provide({ source, target, image, transfer, atSource, signal: context.signal }))
            const outcome = transfer.hasChanged ? 'copied' : 'already'
            return { imageId: ids.join(', '), bytes: transfer.bytes, outcome }
          },
        }),
      )
    },
  })
}

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
    const document = (await source.inspectImage(reference, { signal })) as ImageDocument
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
  signal: AbortSignal
}): Promise<string> {
  const { source, target, image, transfer, atSource, signal } = parts
  const id = idOf(image.document)
  const find = (reference: string): Promise<ImageDocument | null> =>
    target.inspectImage(reference, { signal }).catch((error) => {
      if (error instanceof AppError && error.code === 'image_not_found') return null
      throw error
    })
  let there = await find(id)
  if (!there || !isSameImage(image.document, there)) {
    const tar = await atSource(() => source.saveImages([id], signal))
    const { loaded } = await target.loadImages(transfer.of(tar, id, atSource), { signal })
    there = await find(loaded[0] as string)
    if (!there || !isSameImage(image.document, there)) throw mismatch(id, there)
  }
  const imageId = idOf(there)
  for (const name of image.names) {
    const known = await find(name)
    if (known && idOf(known) === imageId) continue
    const colon = name.lastIndexOf(':')
    await target.tagImage(
      imageId,
      { repository: name.slice(0, colon), tag: name.slice(colon + 1) },
      { signal },
    )
    transfer.hasChanged = true
    const named = await find(name)
    if (!named || idOf(named) !== imageId) throw mismatch(imageId, named)
  }
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
  private readonly context: StepContext

  constructor(context: StepContext) {
    this.context = context
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
