import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { type Dockerfile, notBuilt, readDockerfile } from '#lib/build/dockerfile.ts'
import { createDockerignore } from '#lib/build/dockerignore.ts'
import type { EngineInfo } from '#lib/contracts/hosts.ts'
import { type Build } from '#lib/contracts/image-build.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { Audit } from '../../audit/service.ts'
import type { BuildRequest } from '../../engine/build.ts'
import { AppError } from '../../errors.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { tarEnd, tarHeader, tarPadding } from '../../tar/write.ts'
import { defineTask, type PlannedStep, type TaskDefinition, type TaskService } from '../../tasks/types.ts'
import { imagesOfBuild, withAccount } from '../registries/accounts.ts'
import { registryReference } from '../registries/reference.ts'
import type { RegistryService } from '../registries/service.ts'
import { buildFromBases } from './base-images.ts'
import type { BuildContexts } from './build-contexts.ts'
import type { BuildOutputs } from './build-output.ts'
import { type BuildSecrets, maskSecrets } from './build-secrets.ts'
import { checkBuilt, keptBuild, takenUpBuild } from './built-image.ts'
import { oneFile } from './context-files.ts'

export const buildKind = 'images.build'
export const outputKey = (taskId: string, hostId: string) => `${taskId}/${hostId}`

interface Parts {
  registry: HostRegistry
  registries: Pick<RegistryService, 'buildAuth' | 'accountFor'>
  contexts: BuildContexts
  outputs: BuildOutputs
  authorize: Authorize
  audit: Pick<Audit, 'begin'>
  secrets: BuildSecrets
}

/**
 * Builds an image on several hosts, each by itself, from one context. Planning throws what is wrong with the context:
 * build_context_gone, build_secrets_gone, build_no_dockerfile, archive_invalid.
 */
export function buildTask(parts: Parts): TaskDefinition {
  const { registry, registries, contexts, outputs, secrets, authorize, audit } = parts
  /** Asked again where it is done, and on the log before anything is sent. */
  const allAccounts = async (principal: Principal, hostId: string, build: Build) => {
    authorize(principal, 'registries.edit')
    const summary = `all accounts for ${build.tags[0] ?? build.dockerfile}`
    const operation = await audit.begin(principal, { action: 'registries.send', hostId, summary })
    const header = await registries.buildAuth('all', hostId)
    await operation.end({})
    return header
  }
  return defineTask({
    kind: buildKind,
    params: ({ tags, hostIds, context, dockerfile }) => ({
      name: tags[0] ?? dockerfile,
      count: hostIds.length,
      // What ends with the task is known by it.
      ...(context.kind === 'upload' ? { context: context.id } : {}),
    }),
    async plan(build, principal) {
      for (const hostId of build.hostIds) authorizeAct(authorize, principal, 'image.build', { hostId })
      if (build.allAccounts) authorize(principal, 'registries.edit')
      const text = await dockerfileOf(build, contexts)
      const dockerfile = text === null ? null : readDockerfile(text)
      const given = build.secrets === undefined ? new Map() : secrets.get(build.secrets, principal.userId)
      return [...new Set(build.hostIds)].map(
        (hostId): PlannedStep<TaskResult<'images.build'>> => ({
          key: `build ${hostId}`,
          hostId,
          subject: build.tags[0] ?? build.dockerfile,
          verb: 'build',
          act: 'image.build',
          kept: () => ({ names: [], isSent: false }),
          async run({ taskId, signal, progress, keep }) {
            const engine = registry.engine(hostId)
            if (build.secrets !== undefined) secrets.use(build.secrets, taskId)
            const source = await open(build, contexts, engine.info?.flavour === 'podman')
            try {
              refuse(dockerfile, engine.info, source.context)
              // Before anything is waited for: whoever looks at a step that has begun finds its output.
              const output = outputs.begin(outputKey(taskId, hostId))
              const masked = maskSecrets(given.values(), output.say)
              const tags = build.tags.map(inFull)
              let ended = 0
              try {
                const images = imagesOfBuild(dockerfile, build.buildArgs)
                const registryConfig = build.allAccounts
                  ? await allAccounts(principal, hostId, build)
                  : await registries.buildAuth(images, hostId)
                const fetch = async (reference: string) => {
                  await withAccount(registries, { reference, hostId }, (registryAuth) =>
                    engine.images.pull({
                      reference,
                      platform: build.platform,
                      registryAuth,
                      signal,
                      progress() {},
                    }),
                  )
                }
                await keep(await keptBuild(engine, { tags, platform: build.platform }))
                const imageId = await buildFromBases(
                  engine,
                  { images, fetch },
                  {
                    ...build,
                    context: source.context,
                    secrets: given,
                    signal,
                    tags,
                    output: masked.say,
                    registryConfig,
                    step({ number, name, state, ms }) {
                      const label = masked.mask(name)
                      output.step({ number, name: label, state, ms })
                      if (state !== 'running') ended++
                      progress([{ id: 'steps', label, current: ended, total: null, unit: 'objects' }])
                    },
                  },
                )
                await checkBuilt(engine, imageId, { tags, platform: build.platform }, signal)
                return { imageId }
              } catch (error) {
                throw error instanceof AppError ? withoutSecrets(error, masked.mask) : error
              } finally {
                masked.end()
                output.end()
              }
            } finally {
              source.release()
            }
          },
        }),
      )
    },
    takeUp: takenUpBuild,
  })
}

/** Removes context and secrets when their build succeeded or was dismissed; of one that failed they are kept for a retry. */
export function followBuilds(
  tasks: Pick<TaskService, 'subscribe'>,
  contexts: BuildContexts,
  secrets: BuildSecrets,
): () => void {
  const used = new Map<string, string>()
  return tasks.subscribe((event) => {
    if (event.type === 'task') {
      const { id, kind, params, state } = event.task
      if (kind !== buildKind) return
      if (typeof params.context === 'string') used.set(id, params.context)
      if (state !== 'succeeded') return
    }
    const taskId = event.type === 'task' ? event.task.id : event.id
    secrets.end(taskId)
    const context = used.get(taskId)
    used.delete(taskId)
    if (context !== undefined) void contexts.remove(context)
  })
}

async function dockerfileOf({ context, dockerfile }: Build, contexts: BuildContexts): Promise<string | null> {
  if (context.kind === 'remote') return null
  return context.kind === 'dockerfile' ? context.text : contexts.dockerfile(context.id, dockerfile)
}

/** An image that is not what was written is worse than none. */
function refuse(dockerfile: Dockerfile | null, info: EngineInfo | null, context: BuildSource): void {
  if (!dockerfile || !info) return
  const isClassic = info.flavour === 'docker' && 'files' in context && context.files === null
  const found = isClassic ? dockerfile.buildKit : notBuilt(dockerfile, info)
  if (found.length === 0) return
  const detail = found.map(({ line, feature }) => `${line}: ${feature}`).join('\n')
  throw new AppError('build_needs_buildkit', { detail })
}

/** The last lines of a failure are stored with the step. */
function withoutSecrets({ code, context }: AppError, mask: (text: string) => string): AppError {
  const { detail, ...rest } = context
  return new AppError(code, detail === undefined ? context : { ...rest, detail: mask(detail) })
}

function inFull(tag: string): string {
  const { address, repository, reference } = registryReference(tag)
  return `${address}/${repository}:${reference}`
}

type BuildSource = BuildRequest['context']

/** @param isPodman it heeds only a .dockerignore by that name, when it is asked by its API (5.4; 4.3 heeds both, tried). */
async function open(
  { context, dockerfile }: Build,
  contexts: BuildContexts,
  isPodman: boolean,
): Promise<{ context: BuildSource; release(): void }> {
  if (context.kind === 'remote') return { context: { remote: context.url }, release() {} }
  if (context.kind === 'upload') {
    const files = await contexts.files(context.id)
    const rules = isPodman
      ? files.entries.find(({ path }) => path === `${posix.normalize(dockerfile)}.dockerignore`)
      : undefined
    const { tar, release } = contexts.open(context.id)
    if (!rules) return { context: { tar, files }, release }
    const ignored = createDockerignore(
      Buffer.concat(await Array.fromAsync(files.read(rules))).toString('utf8'),
    )
    const keeps = (path: string) =>
      path === posix.normalize(dockerfile) || (path !== '.dockerignore' && !ignored(path))
    return { context: { tar: () => Readable.from(files.tarOf(keeps)), files }, release }
  }
  const { text } = context
  const body = Buffer.from(text)
  const entry = { path: dockerfile, type: 'file' as const, size: body.length, mode: 0o644 }
  const head = tarHeader({ ...entry, uid: 0, gid: 0, mtime: 0 })
  const tar = () => Readable.from([Buffer.concat([head, body, tarPadding(body.length), tarEnd()])])
  return { context: { tar, files: oneFile(dockerfile, text) }, release() {} }
}
