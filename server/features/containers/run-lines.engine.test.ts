import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall, engineRequest } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { emptySpec } from '#lib/containers/spec.ts'
import { containerSpecSchema } from '#lib/contracts/container-create.ts'
import { runFlags } from '#lib/docker-run/flags.ts'
import { flagAliases, harmlessSwitches, uncarriedSwitches, uncarriedValues } from '#lib/docker-run/kinds.ts'
import lines from '#lib/docker-run/lines.json' with { type: 'json' }
import { isSwitch } from '#lib/docker-run/parse.ts'
import { createEngineClient } from '../../engine/client.ts'
import { labSpec } from '../../testing/lab-transport.ts'
import { type InspectedContainer, madeWith, wordsOfBash } from '../../testing/run-line-witness.ts'
import { sampleOf } from '../../testing/whole-tables.ts'
import { openTransport } from '../../transport/index.ts'
import { makeContainer } from './create.ts'
import { createBody } from './create-body.ts'

const newest = async (name: 'dockerClient' | 'podman5', program: string) =>
  join(await ensureNewerEngine(name, () => {}), 'usr/bin', program)

describe('the flags of the programs', () => {
  it.each([
    ['docker 20.10', async () => '/usr/bin/docker'],
    ['docker 28', () => newest('dockerClient', 'docker')],
    ['podman 4.3', async () => '/usr/bin/podman'],
    ['podman 5.4', () => newest('podman5', 'podman')],
  ])('are each judged, and take what we think they take: %s', async (_, program) => {
    const judged = (name: string) =>
      name in runFlags ||
      name === 'pull' ||
      [uncarriedSwitches, uncarriedValues, harmlessSwitches].some((names) => names.has(name))
    for (const verb of ['run', 'create']) {
      const { stdout } = await run(await program(), [verb, '--help'])
      const flags = [...stdout.matchAll(/^ +(?:-(\w), )?--([a-z\d-]+)(?: (\S+))?(?:\s{2,}|$)/gm)]
      expect(flags.length).toBeGreaterThan(80)
      const wrong = flags.filter(
        ([, letter, name = '', type]) =>
          !judged(name) ||
          isSwitch(name) !== (type === undefined) ||
          (letter && flagAliases[letter] !== name),
      )
      expect(wrong.map(([text]) => text.trim())).toEqual([])
    }
  })
})

describe.each<[EngineName, () => Promise<string[]>]>([
  ['docker28-tcp', async () => [await newest('dockerClient', 'docker'), '--host']],
  ['podman-tcp', async () => ['/usr/bin/podman', '--remote', '--url']],
])('lines on %s', (name, program) => {
  const engine = labEngine(name)
  const podman = engine.kind === 'podman'
  const socket = engine.localSocketPath
  const prefix = `lines${randomUUID().slice(0, 6)}`
  /** Names that a line makes or uses, as this run has them. */
  const own = (text: string) =>
    text
      .replaceAll('lines-', `${prefix}-`)
      .replaceAll('net-one', `${prefix}-one`)
      .replaceAll('net-two', `${prefix}-two`)
      .replace(/\bbusybox\b/, labImages.busybox)
  const transport = openTransport(labSpec(engine))
  const client = createEngineClient(transport)
  const inspect = async (id: string) => {
    const document = await engineCall<InspectedContainer>(socket, 'GET', `/v1.41/containers/${id}/json`)
    await engineCall(socket, 'DELETE', `/v1.41/containers/${id}?force=1&v=1`)
    return madeWith(document, podman)
  }
  beforeAll(async () => {
    await client.connect()
    for (const [index, network] of ['one', 'two'].entries())
      await engineCall(socket, 'POST', '/v1.41/networks/create', {
        Name: `${prefix}-${network}`,
        IPAM: { Config: [{ Subnet: `10.213.${index + 1}.0/24` }] },
      })
  })
  afterAll(async () => {
    for (const network of ['one', 'two'])
      await engineCall(socket, 'DELETE', `/v1.41/networks/${prefix}-${network}`)
    // Only where the lines were run is it there.
    await engineRequest(socket, 'DELETE', `/v1.41/volumes/${prefix}-data`)
    await transport.close()
  })

  it('are to the program what the table says, and make the same container as we do', {
    timeout: 600_000,
  }, async () => {
    const [command = '', ...options] = await program()
    const queue = [
      ...sampleOf(
        lines.filter(({ line }) => /\bpodman\b/.test(line) === podman),
        8,
      ),
    ]
    const wrong: object[] = []
    const compare = async (row: (typeof lines)[number]) => {
      const line = own(row.line)
      const words = (await wordsOfBash(line)).filter((word) => word !== '-d')
      const theirs = await run(command, [...options, `unix://${socket}`, 'create', ...words], {
        check: false,
      })
      const made = theirs.code === 0
      if (made !== row.made) wrong.push({ line, made, stderr: theirs.stderr })
      if (!made) return
      const made1 = await inspect(theirs.stdout.trim().split('\n').at(-1) ?? '')
      const notes = 'notes' in row ? (row.notes as string[]) : []
      if (notes.some((note) => !note.startsWith('outside'))) return
      const spec = containerSpecSchema.parse(JSON.parse(own(JSON.stringify({ ...emptySpec(), ...row.spec }))))
      const { id } = await makeContainer(client, spec, createBody(spec), {
        restrictBody: null,
        signal: AbortSignal.timeout(120_000),
      })
      const made2 = await inspect(id)
      if (JSON.stringify(made1) !== JSON.stringify(made2)) wrong.push({ line, program: made1, we: made2 })
    }
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let row = queue.shift(); row; row = queue.shift()) await compare(row)
      }),
    )
    expect(wrong).toEqual([])
  })

  it('GPUs are refused before anything is made where the engine would drop them', async () => {
    if (!podman) return
    const spec = { ...emptySpec(labImages.busybox), name: `${prefix}-gpu`, gpus: 'device=0' }
    const options = { restrictBody: null, signal: AbortSignal.timeout(60_000) }
    await expect(makeContainer(client, spec, createBody(spec), options)).rejects.toMatchObject({
      code: 'gpus_not_on_podman',
    })
    expect((await client.containers.list()).map((container) => container.name)).not.toContain(spec.name)
  })
})
