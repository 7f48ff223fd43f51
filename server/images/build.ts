import { Readable } from 'node:stream'
import { type Build, buildInputSchema } from '#lib/contracts/image-build.ts'
import { type Dockerfile, readDockerfile } from '#lib/dockerfile.ts'
import { parseImageRef } from '#lib/image-ref.ts'
import { tarEnd, tarHeader, tarPadding } from '../archives/tar/write.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import { registryReference } from '../registries/reference.ts'
import type { RegistryService } from '../registries/service.ts'
import { defineTask, type PlannedStep, type TaskDefinition, type TaskService } from '../tasks/types.ts'
import type { BuildContexts } from './build-contexts.ts'
import type { BuildOutputs } from './build-output.ts'

export const buildKind = 'images.build'
export const outputKey = (taskId: string, hostId: string) => `${taskId}/${hostId}`

interface Parts {
  registry: HostRegistry
  registries: Pick<RegistryService, 'buildAuth'>
  contexts: BuildContexts
  outputs: BuildOutputs
}

/**
 * Builds an image on several hosts, each by itself, from one context. Planning throws what is wrong with the context:
 * build_context_gone, build_no_dockerfile, archive_invalid.
 */
export function buildTask({ registry, registries, contexts, outputs }: Parts): TaskDefinition {
  return defineTask({
    kind: buildKind,
    input: buildInputSchema,
    params: ({ tags, hostIds, context, dockerfile }) => ({
      ...{ name: tags[0] ?? dockerfile, count: hostIds.length },
      // What ends with the task is known by it.
      ...(context.kind === 'upload' ? { context: context.id } : {}),
    }),
    async plan(build) {
      const text = await dockerfileOf(build, contexts)
      const dockerfile = text === null ? null : readDockerfile(text)
      return [...new Set(build.hostIds)].map(
        (hostId): PlannedStep => ({
          ...{ key: `build ${hostId}`, hostId, subject: build.tags[0] ?? build.dockerfile, verb: 'build' },
          permission: 'images.build',
          async run({ taskId, signal, progress }) {
            const engine = registry.engine(hostId)
            if (engine.info?.flavour === 'docker') refuseBuildKit(dockerfile)
            const source = open(build, contexts)
            // Before anything is waited for: whoever looks at a step that has begun finds its output.
            const output = outputs.begin(outputKey(taskId, hostId))
            try {
              const registryConfig = await registries.buildAuth(imagesOf(dockerfile))
              const imageId = await engine.buildImage({
                ...build,
                ...{ context: source.context, registryConfig, signal },
                // In full: Podman puts localhost/ before a short one in one of its two calls, and docker.io/ in the other.
                tags: build.tags.map(inFull),
                output: output.say,
                step: ({ number, total, text: label }) =>
                  progress([
                    { id: `${number}/${total}`, label, current: number - 1, total, unit: 'objects' },
                  ]),
              })
              return { imageId }
            } finally {
              source.release()
              output.end()
            }
          },
        }),
      )
    },
  })
}

/** Removes a context when its build succeeded or was dismissed; one that failed is kept for a retry. */
export function followBuilds(tasks: Pick<TaskService, 'subscribe'>, contexts: BuildContexts): () => void {
  const used = new Map<string, string>()
  return tasks.subscribe((event) => {
    if (event.type === 'task') {
      const { id, kind, params, state } = event.task
      if (kind !== buildKind || typeof params.context !== 'string') return
      used.set(id, params.context)
      if (state !== 'succeeded') return
    }
    const taskId = event.type === 'task' ? event.task.id : event.id
    const context = used.get(taskId)
    used.delete(taskId)
    if (context !== undefined) void contexts.remove(context)
  })
}

async function dockerfileOf({ context, dockerfile }: Build, contexts: BuildContexts): Promise<string | null> {
  if (context.kind === 'remote') return null
  return context.kind === 'dockerfile' ? context.text : contexts.dockerfile(context.id, dockerfile)
}

/**
 * Docker's classic builder reads past some of what only BuildKit does: it skips the body of a RUN's here-document and
 * compares no --checksum (28.5, tried). An image that is not what was written is worse than none.
 */
function refuseBuildKit(dockerfile: Dockerfile | null): void {
  if (!dockerfile || dockerfile.buildKit.length === 0) return
  const detail = dockerfile.buildKit.map(({ line, feature }) => `${line}: ${feature}`).join('\n')
  throw new AppError('build_needs_buildkit', { detail })
}

/** Null where a variable could name any image. */
function imagesOf(dockerfile: Dockerfile | null): string[] | null {
  if (!dockerfile || dockerfile.images.some((image) => image.includes('$'))) return null
  return dockerfile.images.filter((image) => parseImageRef(image) !== null)
}

function inFull(tag: string): string {
  const { address, repository, reference } = registryReference(tag)
  return `${address}/${repository}:${reference}`
}

function open(
  { context, dockerfile }: Build,
  contexts: BuildContexts,
): { context: { tar: Readable } | { remote: string }; release(): void } {
  if (context.kind === 'remote') return { context: { remote: context.url }, release() {} }
  if (context.kind === 'upload') {
    const { tar, release } = contexts.open(context.id)
    return { context: { tar }, release }
  }
  const body = Buffer.from(context.text)
  const entry = { path: dockerfile, type: 'file' as const, size: body.length, mode: 0o644 }
  const head = tarHeader({ ...entry, uid: 0, gid: 0, mtime: 0 })
  const tar = Readable.from([Buffer.concat([head, body, tarPadding(body.length), tarEnd()])])
  return { context: { tar }, release: () => tar.destroy() }
}
