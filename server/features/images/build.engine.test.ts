import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labImages } from '#e2e/lab/images.ts'
import { registryAddress } from '#e2e/lab/registry.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labRegistry, requireLab } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { BuildContextAnswer, BuildInput, BuildOutputFrame } from '#lib/contracts/image-build.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { tarEnd, tarHeader, tarPadding } from '../../tar/write.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { addLabHosts, endedTask } from '../../testing/lab-hosts.ts'
import { pairOf } from '../../testing/whole-tables.ts'

const prefix = `build-${randomUUID().slice(0, 8)}`
const tag = `${prefix}/app:1`
const engines = pairOf<EngineName>(
  ['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'],
  'older Docker',
)
const dockers = engines.filter((name) => name.startsWith('docker'))
const podmans = engines.filter((name) => name.startsWith('podman'))
let hosts: Map<EngineName, string>
const idsOf = (names: readonly EngineName[]) => names.map((name) => hosts.get(name) as string)
const before = new Map<EngineName, string[]>()
const dangling = async (engine: EngineName) =>
  (await witness(engine, ['images', '-q', '--no-trunc', '--filter', 'dangling=true'])).stdout
    .split('\n')
    .filter(Boolean)
let test: AppUnderTest

beforeAll(async () => {
  for (const engine of engines) before.set(engine, await dangling(engine))
  test = await startApp()
  await test.setUp()
  hosts = await addLabHosts(test, engines)
})
afterAll(async () => {
  await test.close()
  for (const engine of engines) {
    await witness(engine, ['rmi', '-f', tag]).catch(() => {})
    // Stages, and the steps before one that failed, stay behind as the builder's cache.
    const left = (await dangling(engine)).filter((id) => !before.get(engine)?.includes(id))
    for (const id of left) await witness(engine, ['rmi', '-f', id]).catch(() => {})
  }
})

function tarOf(files: Record<string, string>): Buffer {
  const parts = Object.entries(files).map(([path, text]) => {
    const size = Buffer.byteLength(text)
    const head = tarHeader({ path, type: 'file', size, mode: 0o755, uid: 0, gid: 0, mtime: 0 })
    return Buffer.concat([head, Buffer.from(text), tarPadding(size)])
  })
  return Buffer.concat([...parts, tarEnd()])
}

async function send(tar: Buffer): Promise<string> {
  const answer = await fetch(`${test.origin}/api/images/build/contexts`, {
    method: 'POST',
    headers: { origin: test.origin, cookie: test.cookie, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(tar),
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as BuildContextAnswer).id
}

const taskOf = async (id: string) => (await test.call('GET', `/api/tasks/${id}`)).json as Task
async function begin(input: BuildInput): Promise<Task> {
  const answer = await test.call('POST', '/api/images/build', input)
  expect(answer).toMatchObject({ status: 200 })
  return answer.json as Task
}
const ended = (task: Task) => endedTask(test, task)
async function outputOf(task: Task, engine: EngineName): Promise<string> {
  const path = `/api/images/build/${task.id}/${hosts.get(engine)}/output`
  const answer = await fetch(test.origin + path, { headers: { cookie: test.cookie } })
  const frames = (await answer.text()).trim().split('\n')
  return frames
    .map((line) => JSON.parse(line) as BuildOutputFrame)
    .map((frame) => (frame.type === 'text' ? frame.text : `<${frame.type}>`))
    .join('')
}
const errors = (task: Task) => task.steps.map((step) => step.error?.code)
const kept = () => readdirSync(join(test.dataFolder, 'builds'))

describe('an archive that was sent', () => {
  const dockerfile = `FROM ${labImages.busybox} AS base
ARG GREETING=none
ENV GREETING=$GREETING
COPY sub/note.txt /note.txt
RUN echo "building with $GREETING"
FROM base AS more
RUN echo never
FROM base
CMD ["sh", "-c", "cat /note.txt; echo $GREETING"]
`
  it('is built on every engine at once, as the CLI sees and runs it', async () => {
    const files = { 'sub/note.txt': 'noted\n', 'docker/app.Dockerfile': dockerfile }
    const id = await send(gzipSync(tarOf(files)))
    const task = await ended(
      await begin({
        context: { kind: 'upload', id },
        hostIds: idsOf(engines),
        tags: [tag, `${tag}-too`],
        dockerfile: './docker/app.Dockerfile',
        buildArgs: { GREETING: 'a b&c=ü' },
        noCache: true,
        labels: { 'a.label': 'x y' },
      }),
    )
    expect(task.steps.map(({ error }) => error)).toEqual(engines.map(() => null))
    for (const engine of engines) {
      expect((await witness(engine, ['run', '--rm', `${tag}-too`])).stdout).toBe('noted\na b&c=ü\n')
      const [image] = JSON.parse((await witness(engine, ['image', 'inspect', tag])).stdout)
      expect(image.Config.Labels).toMatchObject({ 'a.label': 'x y' })
      const step = task.steps.find(({ hostId }) => hostId === hosts.get(engine))
      expect(step?.result?.imageId).toBe(`sha256:${image.Id.replace('sha256:', '')}`)
      expect(await outputOf(task, engine)).toContain('building with a b&c=ü\n')
      await witness(engine, ['rmi', '-f', tag, `${tag}-too`])
    }
    expect(kept()).toEqual([])
  })

  it('is kept after a failure, for a retry, and removed with the task', async () => {
    const text = `FROM ${labImages.busybox}\nRUN echo the last words; exit 3\n`
    const id = await send(tarOf({ Dockerfile: text }))
    const context = { kind: 'upload' as const, id }
    const task = await ended(await begin({ context, hostIds: idsOf(engines) }))
    const again = async (one: Task) => {
      expect(errors(one)).toEqual(engines.map(() => 'build_failed'))
      for (const step of one.steps) expect(step.error?.detail).toMatch(/the last words[\s\S]*\b3$/)
      expect(kept()).toEqual([`${id}.tar`])
    }
    await again(task)
    expect((await test.call('POST', `/api/tasks/${task.id}/retry`, {})).status).toBe(200)
    await again(await ended(task))
    await test.call('DELETE', `/api/tasks/${task.id}`)
    await expect.poll(kept).toEqual([])
    const gone = await test.call('POST', '/api/images/build', { context, hostIds: idsOf(engines) })
    expect(gone).toMatchObject({ status: 409, json: { error: { code: 'build_context_gone' } } })
  })
})

it('.dockerignore named after the Dockerfile stands in place of the other, on every engine', async () => {
  const dockerfile = `FROM ${labImages.busybox}\nCOPY . /context\nCMD ["find", "/context", "-type", "f"]\n`
  const files = {
    '.dockerignore': 'kept.txt\n',
    'kept.txt': 'a',
    'private/key': 'b',
    'private/ü.txt': 'c',
    'ü/note': 'd',
    'app.Dockerfile': dockerfile,
    'app.Dockerfile.dockerignore': '*file*\n.docker*\nprivate\n!private/ü.txt\n',
  }
  const id = await send(tarOf(files))
  const input = { context: { kind: 'upload' as const, id }, tags: [tag], dockerfile: 'app.Dockerfile' }
  const task = await ended(await begin({ ...input, hostIds: idsOf(engines) }))
  expect(task.steps.map(({ error }) => error)).toEqual(engines.map(() => null))
  for (const engine of engines) {
    const found = (await witness(engine, ['run', '--rm', tag])).stdout.trim().split('\n').sort()
    // Podman takes its Dockerfile from the context itself.
    const own = podmans.includes(engine) ? ['/context/app.Dockerfile'] : []
    expect(found, engine).toEqual([...own, '/context/kept.txt', '/context/private/ü.txt', '/context/ü/note'])
  }
})

describe('secrets', () => {
  const secret = `s3cr3t-${randomUUID()}`
  const text = `FROM ${labImages.busybox}
RUN --mount=type=secret,id=tok,required=true sha256sum /run/secrets/tok; cat /run/secrets/tok; exit 3
`
  const give = async () => {
    const secrets = [{ name: 'tok', value: Buffer.from(secret).toString('base64') }]
    const answer = await test.call('POST', '/api/images/build/secrets', { secrets })
    expect(answer.status).toBe(200)
    return (answer.json as { id: string }).id
  }

  it('reach the build and nothing else: no output, error, task, history, audit log or file', async () => {
    const context = { kind: 'dockerfile' as const, text }
    const task = await ended(await begin({ context, hostIds: idsOf(dockers), secrets: await give() }))
    expect(errors(task)).toEqual(dockers.map(() => 'build_failed'))
    const digest = createHash('sha256').update(secret).digest('hex')
    for (const engine of dockers) {
      const output = await outputOf(task, engine)
      expect(output).toContain(digest)
      expect(output).toContain('***')
      expect(output).not.toContain(secret)
    }
    // A retry has them too.
    expect((await test.call('POST', `/api/tasks/${task.id}/retry`, {})).status).toBe(200)
    const again = await ended(task)
    for (const { error } of again.steps) expect(error?.detail).toContain('***')
    const good = text.replace('; exit 3', '')
    const built = await ended(
      await begin({
        context: { ...context, text: good },
        hostIds: idsOf(dockers),
        tags: [tag],
        secrets: await give(),
      }),
    )
    expect(errors(built)).toEqual(dockers.map(() => undefined))
    for (const engine of dockers)
      for (const question of [
        ['history', '--no-trunc', tag],
        ['image', 'inspect', tag],
      ])
        expect((await witness(engine, question)).stdout).not.toContain(secret)
    const told = [again, built, (await test.call('GET', '/api/audit')).json]
    expect(JSON.stringify(told)).not.toContain(secret)
    for (const name of readdirSync(test.dataFolder, { recursive: true, withFileTypes: true }))
      if (name.isFile())
        expect(readFileSync(join(name.parentPath, name.name)).includes(secret), name.name).toBe(false)
  })

  it('are refused on Podman, and gone with their build', async () => {
    const secrets = await give()
    const optional = text.replace(',required=true', '').replace('; exit 3', '; true')
    const input: BuildInput = { context: { kind: 'dockerfile', text: optional }, hostIds: idsOf(podmans) }
    const task = await ended(await begin({ ...input, secrets }))
    expect(errors(task)).toEqual(podmans.map(() => 'build_secrets_unsupported'))
    await test.call('DELETE', `/api/tasks/${task.id}`)
    await expect
      .poll(async () => (await test.call('POST', '/api/images/build', { ...input, secrets })).status)
      .toBe(409)
  })
})

describe('a Dockerfile alone', () => {
  const built = async (lines: string, names: readonly EngineName[], more: Partial<BuildInput> = {}) => {
    const text = `FROM ${labImages.busybox}\n${lines}\n`
    return ended(
      await begin({ context: { kind: 'dockerfile', text }, hostIds: idsOf(names), tags: [tag], ...more }),
    )
  }
  it.each([
    ['NONSENSE', 'build_failed', {}],
    ['RUN true', 'build_failed', { target: 'nowhere' }],
    ['COPY nothing /', 'build_failed', {}],
  ])('%s is refused in the words of each engine', async (lines, code, more) => {
    const task = await built(lines, engines, more)
    expect(errors(task)).toEqual(engines.map(() => code))
    for (const { error } of task.steps) expect(error?.detail).not.toBe('')
  })

  it('that asks for BuildKit is built by it on Docker, and by Podman as far as it goes', async () => {
    const task = await built(
      `ARG TARGETARCH
RUN --mount=type=cache,target=/c echo x > /c/x && echo for $TARGETARCH
RUN echo "a <<EOF b" && echo second
COPY --from=${labImages.busybox} --chmod=600 /bin/busybox /x`,
      engines,
      { noCache: true },
    )
    expect(errors(task)).toEqual(engines.map(() => undefined))
    for (const engine of engines) {
      const output = await outputOf(task, engine)
      expect(output).toMatch(/for (amd64|arm64)\n/)
      expect(output).toContain('second\n')
    }
  })

  it('with what a builder would read past is refused there before it begins', async () => {
    const heredoc = await built('RUN <<EOF\necho inner\nEOF', engines, { noCache: true })
    const withoutHeredocs: readonly EngineName[] = ['docker-unix', 'podman-unix']
    expect(errors(heredoc)).toEqual(
      engines.map((engine) => (withoutHeredocs.includes(engine) ? 'build_needs_buildkit' : undefined)),
    )
    expect(heredoc.steps[0]?.error?.detail).toBe('2: RUN <<EOF')
    expect(await outputOf(heredoc, 'docker-unix')).toBe('<none>')
    const exclude = await built(`COPY --from=${labImages.busybox} --exclude=*.x /bin /y`, podmans)
    expect(errors(exclude)).toEqual(podmans.map(() => 'build_needs_buildkit'))
  })

  it('is for one platform, its own or the one that was asked for; several are refused before anything is sent', async () => {
    const context = {
      kind: 'dockerfile' as const,
      text: `FROM --platform=$BUILDPLATFORM ${labImages.busybox}\nLABEL a=b\n`,
    }
    const fine = await ended(await begin({ context, hostIds: idsOf(engines), tags: [tag] }))
    expect(errors(fine)).toEqual(engines.map(() => undefined))
    const foreign = { context, hostIds: idsOf(dockers), tags: [tag], platform: 'linux/s390x' }
    expect(errors(await ended(await begin(foreign)))).toEqual(dockers.map(() => undefined))
    for (const engine of dockers) {
      const [image] = JSON.parse((await witness(engine, ['image', 'inspect', tag])).stdout)
      expect(image.Architecture).toBe('s390x')
    }
    const several = await test.call('POST', '/api/images/build', {
      context,
      hostIds: idsOf(dockers),
      platform: 'linux/amd64,linux/arm64',
    })
    expect(several).toMatchObject({ status: 400, json: { error: { code: 'invalid_input' } } })
  })

  it('says that its base cannot be had', async () => {
    const base = `${labRegistry('open').address}/${prefix}/nothing:1`
    const context = { kind: 'dockerfile' as const, text: `FROM ${base}\nRUN true\n` }
    const task = await ended(await begin({ context, hostIds: idsOf(engines) }))
    expect(errors(task)).toEqual(engines.map(() => 'pull_not_found'))
  })

  it('gets its base from a registry with the account that is stored', async () => {
    const { address, caPath, username, password } = labRegistry('private')
    const base = `${address}/${prefix}/base:1`
    const archive = `docker-archive:${join(requireLab().folder, 'images.tar')}:lab.internal/web:2.0`
    const copy = ['copy', '--quiet', '--dest-tls-verify=false', '--dest-creds', `${username}:${password}`]
    await run('skopeo', [...copy, archive, `docker://${base}`])
    const text = `FROM ${base}\nRUN echo it came\n`
    const input: BuildInput = { context: { kind: 'dockerfile', text }, hostIds: idsOf(engines), tags: [tag] }
    expect((await ended(await begin(input))).state).toBe('failed')
    const ca = readFileSync(caPath as string, 'utf8')
    expect((await test.call('POST', '/api/registries', { address, ca, username, password })).status).toBe(200)
    const task = await ended(await begin(input))
    expect(task.steps.map(({ error }) => error)).toEqual(engines.map(() => null))
    for (const engine of engines) await witness(engine, ['rmi', '-f', base])
  })
})

it('an address is fetched by the engine itself', async () => {
  const text = `FROM ${labImages.busybox}\nLABEL from=afar\nCMD ["echo", "from afar"]\n`
  const server = createServer((_request, response) => response.end(tarOf({ Dockerfile: text })))
  await new Promise<void>((resolve) => server.listen(0, registryAddress, resolve))
  const { port } = server.address() as { port: number }
  try {
    const url = `http://${registryAddress}:${port}/context.tar`
    const input: BuildInput = { context: { kind: 'remote', url }, hostIds: idsOf(engines), tags: [tag] }
    const task = await ended(await begin({ ...input, labels: { a: 'b' } }))
    expect(task.steps.map(({ error }) => error)).toEqual(engines.map(() => null))
    for (const [index, engine] of engines.entries()) {
      expect((await witness(engine, ['run', '--rm', tag])).stdout).toBe('from afar\n')
      const [image] = JSON.parse((await witness(engine, ['image', 'inspect', tag])).stdout)
      expect(image.Config.Labels).toMatchObject({ a: 'b', from: 'afar' })
      expect(task.steps[index]?.result?.imageId).toBe(`sha256:${image.Id.replace('sha256:', '')}`)
    }
  } finally {
    server.close()
  }
  for (const url of ['/etc', 'file:///etc/passwd', 'https://me:secret@git.example/x.git', 'ssh://git@x/y']) {
    const context = { kind: 'remote' as const, url }
    const answer = await test.call('POST', '/api/images/build', { context, hostIds: idsOf(engines) })
    expect(answer.status, url).toBe(400)
  }
})

it('is stopped at the engine, and never makes its image', async () => {
  const name = `${prefix}/stopped:1`
  const text = `FROM ${labImages.busybox}\nRUN echo started-${prefix}; sleep 3; echo on\nRUN echo over\n`
  const context = { kind: 'dockerfile' as const, text }
  const task = await begin({ context, hostIds: idsOf(engines), tags: [name], noCache: true })
  const running = async () =>
    (await taskOf(task.id)).steps.every((step) => step.progress[0]?.label.includes(`started-${prefix}`))
  await expect.poll(running).toBe(true)
  await test.call('POST', `/api/tasks/${task.id}/cancel`, {})
  expect((await ended(task)).steps.map(({ state }) => state)).toEqual(engines.map(() => 'cancelled'))
  for (const engine of dockers) {
    const commands = async () => (await witness(engine, ['ps', '-a', '--no-trunc'])).stdout
    await expect.poll(commands).not.toContain(`started-${prefix}`)
  }
  // Podman ends the RUN it is in.
  await new Promise((resolve) => setTimeout(resolve, 5000))
  for (const engine of engines) expect((await witness(engine, ['images', '-q', name])).stdout).toBe('')
})
