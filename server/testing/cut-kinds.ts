import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages, makeImageArchive } from '#e2e/lab/images.ts'
import { labRegistry, requireLab } from '#e2e/lab/state.ts'
import type { Archive } from '#lib/contracts/archives.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import type { ServerThatEnds } from './server-that-ends.ts'
import { pushRandomImage } from './slow-registry.ts'

/** Where the tasks of a table of faults run. */
export interface CutBench {
  /** The one that runs now; a kill puts another in its place. */
  server: ServerThatEnds
  /** Of the engine behind the proxy. */
  socketPath: string
  /** A host beside it, whose way is not cut: images come from it, and archives go to both. */
  besideId: string
  besideSocketPath: string
  /** Unique, and a label (`own`) of all containers that are made here. */
  prefix: string
}

/** One task, and what the engine has of it. */
export interface CutTask {
  begin(): Promise<Task>
  /** Whether the engine behind the proxy has done all of it; with a number, that much of it. */
  done(): Promise<boolean>
  /** Of a task with two parts at one host, how many are done. */
  parts?(): Promise<number>
  clear(): Promise<void>
}

interface CutKind {
  /** The requests at which a fault falls; the engine has them. */
  steps: Record<string, RegExp>
  prepare(bench: CutBench, step: string): Promise<CutTask>
}

const labelled = (prefix: string) =>
  `/v1.41/containers/json?all=true&filters=${encodeURIComponent(JSON.stringify({ label: [`own=${prefix}`] }))}`
export const containersOf = ({ socketPath, prefix }: Pick<CutBench, 'socketPath' | 'prefix'>) =>
  engineCall<{ Id: string; State: string }[]>(socketPath, 'GET', labelled(prefix))

const nameOf = ({ prefix }: CutBench) => `${prefix}-${randomUUID().slice(0, 6)}`
const remove = (socketPath: string, path: string) =>
  engineCall(socketPath, 'DELETE', path).catch(() => undefined)
const removeImage = (socketPath: string, reference: string) =>
  remove(socketPath, `/v1.41/images/${reference}?force=true`)

async function imageId(socketPath: string, reference: string): Promise<string | null> {
  const path = `/v1.41/images/${reference}/json`
  return engineCall<{ Id: string }>(socketPath, 'GET', path).then(
    ({ Id }) => Id,
    () => null,
  )
}

/** A container that does not heed SIGTERM, known to the server in that state. */
async function run(bench: CutBench, wanted: 'running' | 'exited' | 'paused'): Promise<string> {
  const { socketPath, prefix, server } = bench
  const body = { Image: labImages.busybox, Cmd: ['sleep', '600'], StopTimeout: 2, Labels: { own: prefix } }
  const path = `/v1.41/containers/create?name=${nameOf(bench)}`
  const { Id } = await engineCall<{ Id: string }>(socketPath, 'POST', path, body)
  const at = `/v1.41/containers/${Id}`
  await engineCall(socketPath, 'POST', `${at}/start`)
  if (wanted === 'exited') await engineCall(socketPath, 'POST', `${at}/kill`)
  if (wanted === 'paused') await engineCall(socketPath, 'POST', `${at}/pause`)
  const known = async () =>
    (await server.call<{ items: Container[] }>('GET', '/api/containers')).items.some(
      ({ id, state }) => id === Id && state === wanted,
    )
  while (!(await known())) await new Promise((resolve) => setTimeout(resolve, 50))
  return Id
}

/** An image of its own at an engine, made of busybox with another label. */
async function commit(socketPath: string, reference: string): Promise<void> {
  const create = { Image: labImages.busybox, Cmd: ['true'] }
  const { Id } = await engineCall<{ Id: string }>(socketPath, 'POST', '/v1.41/containers/create', create)
  const colon = reference.lastIndexOf(':')
  const changes = encodeURIComponent(`LABEL own=${reference}`)
  const query = `container=${Id}&repo=${reference.slice(0, colon)}&tag=${reference.slice(colon + 1)}`
  await engineCall(socketPath, 'POST', `/v1.41/commit?${query}&changes=${changes}`, {})
  await engineCall(socketPath, 'DELETE', `/v1.41/containers/${Id}`)
}

const actions = {
  start: { from: 'exited', to: ['running'] },
  stop: { from: 'running', to: ['exited'] },
  restart: { from: 'running', to: ['running'] },
  kill: { from: 'running', to: ['exited'] },
  pause: { from: 'running', to: ['paused'] },
  unpause: { from: 'paused', to: ['running'] },
  remove: { from: 'exited', to: [] },
} as const

const bulk: CutKind = {
  steps: {
    start: /^POST \S+\/start/,
    stop: /^POST \S+\/stop/,
    restart: /^POST \S+\/restart/,
    kill: /^POST \S+\/kill/,
    pause: /^POST \S+\/pause/,
    unpause: /^POST \S+\/unpause/,
    remove: /^DELETE \S+\/containers\//,
  },
  async prepare(bench, step) {
    const { socketPath, server } = bench
    const action = step as keyof typeof actions
    const { from, to } = actions[action]
    const id = await run(bench, from)
    const inspect = () =>
      engineCall<{ State: { Status: string; StartedAt: string } }>(
        socketPath,
        'GET',
        `/v1.41/containers/${id}/json`,
      ).then(
        ({ State }) => State,
        () => null,
      )
    const before = await inspect()
    return {
      begin: () =>
        server.call('POST', '/api/bulk', {
          action,
          containers: [{ hostId: server.hostId, containerId: id }],
          options: action === 'kill' ? { signal: 'SIGKILL' } : {},
        }),
      async done() {
        const now = await inspect()
        if (action === 'remove') return now === null
        if (action === 'restart' && now?.StartedAt === before?.StartedAt) return false
        return now !== null && (to as readonly string[]).includes(now.Status)
      },
      clear: async () => void (await remove(socketPath, `/v1.41/containers/${id}?force=true&v=true`)),
    }
  },
}

const create: CutKind = {
  steps: { create: /^POST \S+\/containers\/create/, start: /^POST \S+\/start/ },
  async prepare(bench) {
    const { socketPath, prefix, server } = bench
    const before = new Set((await containersOf(bench)).map(({ Id }) => Id))
    const made = async () => (await containersOf(bench)).filter(({ Id }) => !before.has(Id))
    const labels = [{ name: 'own', value: prefix }]
    return {
      begin: () =>
        server.call('POST', '/api/containers', {
          spec: { image: labImages.busybox, command: ['sleep', '600'], labels },
          hostIds: [server.hostId],
          pull: 'never',
          start: true,
        }),
      done: async () => (await made()).some(({ State }) => State === 'running'),
      async clear() {
        for (const { Id } of await made())
          await remove(socketPath, `/v1.41/containers/${Id}?force=true&v=true`)
      },
    }
  },
}

const copy: CutKind = {
  steps: { load: /^POST \S+\/images\/load/, tag: /^POST \S+\/images\/\S+\/tag/ },
  async prepare(bench) {
    const { socketPath, besideSocketPath, besideId, server } = bench
    const reference = `cut.example/${nameOf(bench)}:1`
    await commit(besideSocketPath, reference)
    return {
      begin: () =>
        server.call('POST', '/api/images/copy', {
          references: [reference],
          sourceHostId: besideId,
          targetHostIds: [server.hostId],
        }),
      done: async () => (await imageId(socketPath, reference)) !== null,
      async clear() {
        const id = await imageId(besideSocketPath, reference)
        await removeImage(socketPath, reference)
        if (id) await removeImage(socketPath, id)
        await removeImage(besideSocketPath, reference)
      },
    }
  },
}

/** To both hosts, of which one is cut. */
const load: CutKind = {
  steps: { load: /^POST \S+\/images\/load/ },
  async prepare(bench) {
    const { socketPath, besideSocketPath, besideId, server } = bench
    const reference = `cut.example/${nameOf(bench)}:1`
    const bytes = readFileSync(await makeImageArchive(requireLab().folder))
    const archive = await server.call<Archive>('PUT', `/api/archives/upload?name=${nameOf(bench)}.tar`, bytes)
    const options = { names: 'rename', references: [reference], only: labImages.busybox }
    return {
      begin: () =>
        server.call('POST', '/api/archives/load', {
          ...options,
          archiveId: archive.id,
          hostIds: [server.hostId, besideId],
          width: 2,
        }),
      done: async () => (await imageId(socketPath, reference)) !== null,
      async clear() {
        for (const path of [socketPath, besideSocketPath]) await remove(path, `/v1.41/images/${reference}`)
        await bench.server.call('DELETE', `/api/archives/${archive.id}`).catch(() => {})
      },
    }
  },
}

const inRegistry = (bench: CutBench) => `${labRegistry('open').address}/${nameOf(bench)}:1`

const pull: CutKind = {
  steps: { pull: /^POST \S+\/images\/(?:create|pull)/ },
  async prepare(bench) {
    const { socketPath, server } = bench
    const reference = inRegistry(bench)
    await pushRandomImage(reference)
    return {
      begin: () => server.call('POST', '/api/images/pull', { reference, hostIds: [server.hostId] }),
      done: async () => (await imageId(socketPath, reference)) !== null,
      clear: async () => void (await removeImage(socketPath, reference)),
    }
  },
}

const push: CutKind = {
  steps: { push: /^POST \S+\/images\/\S+\/push/ },
  async prepare(bench) {
    const { socketPath, server } = bench
    const reference = inRegistry(bench)
    await commit(socketPath, reference)
    const [address, repository] = reference.replace(/:1$/, '').split('/')
    return {
      begin: () => server.call('POST', '/api/images/push', { reference, hostId: server.hostId }),
      async done() {
        const accept = [
          'application/vnd.oci.image.index.v1+json',
          'application/vnd.oci.image.manifest.v1+json',
          'application/vnd.docker.distribution.manifest.v2+json',
        ].join(', ')
        const answer = await fetch(`http://${address}/v2/${repository}/manifests/1`, { headers: { accept } })
        return answer.status === 200
      },
      clear: async () => void (await removeImage(socketPath, reference)),
    }
  },
}

const build: CutKind = {
  steps: { build: /^POST \S+\/build\b/ },
  async prepare(bench) {
    const { socketPath, server } = bench
    const tag = `cut.example/${nameOf(bench)}:1`
    const text = `FROM ${labImages.busybox}\nLABEL own=${tag}\n`
    return {
      begin: () =>
        server.call('POST', '/api/images/build', {
          context: { kind: 'dockerfile', text },
          tags: [tag],
          hostIds: [server.hostId],
        }),
      done: async () => (await imageId(socketPath, tag)) !== null,
      clear: async () => void (await removeImage(socketPath, tag)),
    }
  },
}

const prune: CutKind = {
  steps: { container: /^DELETE \S+\/containers\//, volume: /^DELETE \S+\/volumes\// },
  async prepare(bench) {
    const { socketPath, server } = bench
    const id = await run(bench, 'exited')
    const volume = nameOf(bench)
    await engineCall(socketPath, 'POST', '/v1.41/volumes/create', { Name: volume, Labels: { own: volume } })
    const paths = [`/v1.41/containers/${id}/json`, `/v1.41/volumes/${volume}`]
    const gone = async () => {
      const found = await Promise.all(
        paths.map((path) =>
          engineCall(socketPath, 'GET', path).then(
            () => 0,
            () => 1,
          ),
        ),
      )
      return found.reduce((sum: number, one) => sum + one, 0)
    }
    return {
      begin: () =>
        server.call('POST', '/api/prune', {
          hosts: [{ hostId: server.hostId, containers: [id], images: [], volumes: [volume], networks: [] }],
        }),
      done: async () => (await gone()) === paths.length,
      parts: gone,
      async clear() {
        await remove(socketPath, `/v1.41/containers/${id}?force=true&v=true`)
        await remove(socketPath, `/v1.41/volumes/${volume}`)
      },
    }
  },
}

const volumes: CutKind = {
  steps: { create: /^POST \S+\/volumes\/create/, remove: /^DELETE \S+\/volumes\// },
  async prepare(bench, step) {
    const { socketPath, server } = bench
    const name = nameOf(bench)
    const path = `/v1.41/volumes/${name}`
    const isMade = step === 'create'
    if (!isMade) await engineCall(socketPath, 'POST', '/v1.41/volumes/create', { Name: name })
    const isThere = () =>
      engineCall(socketPath, 'GET', path).then(
        () => true,
        () => false,
      )
    return {
      begin: () =>
        isMade
          ? server.call('POST', '/api/volumes', { name, form: { kind: 'local' }, hostIds: [server.hostId] })
          : server.call('POST', '/api/volumes/remove', { volumes: [{ hostId: server.hostId, name }] }),
      done: async () => (await isThere()) === isMade,
      clear: async () => void (await remove(socketPath, path)),
    }
  },
}

/** Each kind of task beside the recreate (server/features/containers/recreate-faults.engine.test.ts), with the steps of it that an engine is asked for. */
export const cutKinds = {
  bulk,
  create,
  copy,
  load,
  pull,
  push,
  build,
  prune,
  volumes,
} satisfies Record<string, CutKind>
export type CutKindName = keyof typeof cutKinds
