import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { createEngineClient } from '../engine/client.ts'
import type { EngineClient } from '../engine/types.ts'
import { labSpec } from '../testing/lab-transport.ts'
import { pairOf } from '../testing/whole-tables.ts'
import { openTransport } from '../transport/index.ts'
import type { Transport } from '../transport/types.ts'
import { powerIn, powerToRead } from './power.ts'

const engines = pairOf<EngineName>(
  ['docker-unix', 'docker28-tcp', 'podman-unix', 'podman5-tcp'],
  'older Podman',
)
const image = labImages.busybox

describe.each(engines)('what a container on %s has power by', (engine) => {
  const mark = `power-${randomUUID().slice(0, 8)}`
  const isPodman = engine.startsWith('podman')
  let transport: Transport
  let client: EngineClient
  let made = 0
  const at = <T>(method: string, path: string, body?: object): Promise<T> =>
    engineCall<T>(labEngine(engine).localSocketPath, method, path, body)
  const make = async (HostConfig: object, more: object = {}) => {
    const path = `/v1.41/containers/create?name=${mark}-${made++}`
    return (await at<{ Id: string }>('POST', path, { Image: image, ...more, HostConfig })).Id
  }
  const power = async (id: string) => (await powerIn(client, id)).field

  beforeAll(async () => {
    transport = openTransport(labSpec(labEngine(engine)))
    client = createEngineClient(transport)
    await client.connect()
  })
  afterAll(async () => {
    for (let index = 0; index < made; index++)
      await at('DELETE', `/v1.41/containers/${mark}-${index}?force=1&v=1`).catch(() => {})
    for (const name of ['shared', 'between', 'own', 'etc'])
      await at('DELETE', `/v1.41/volumes/${mark}-${name}`).catch(() => {})
    await transport.close()
  })

  it('is nothing where nothing was asked for', async () => {
    const id = await make({ Binds: [`${mark}-own:/data`], Tmpfs: { '/run': '' } })
    expect(await power(id)).toBeNull()
    await make({ Binds: [`${mark}-own:/data`] })
    expect(await power(id)).toBeNull()
    expect(await powerToRead(client, id)).toEqual({ id, field: null })
  })

  // Podman's document does not have these lists, and Docker takes no root filesystem: each asks what its engine can show.
  if (!isPodman)
    it('is each path that the engine hides and that is not hidden', async () => {
      const { HostConfig } = await client.containers.inspect(await make({}))
      const { MaskedPaths, ReadonlyPaths } = HostConfig as Record<string, string[]>
      for (const [field, paths] of Object.entries({ MaskedPaths, ReadonlyPaths }))
        for (const left of [[], ...(paths ?? []).map((path) => paths?.filter((other) => other !== path))])
          expect([left, await power(await make({ [field]: left }))]).toEqual([left, `HostConfig.${field}`])
    })

  it('is a volume that a container with power has, by others in between too', async () => {
    await make({ Privileged: true, Binds: [`${mark}-shared:/s`] })
    const next = await make({ Binds: [`${mark}-shared:/x`, `${mark}-between:/b`] })
    const second = await make({ Binds: [`${mark}-between:/y`] })
    expect([await power(next), await power(second)]).toEqual(['Mounts /x', 'Mounts /y'])
    const options = { type: 'none', o: 'bind', device: '/etc' }
    await at('POST', '/v1.41/volumes/create', { Name: `${mark}-etc`, Driver: 'local', DriverOpts: options })
    expect(await power(await make({ Binds: [`${mark}-etc:/e`] }))).toBe('Mounts /e')
  })

  if (isPodman)
    it('is a root filesystem that is a folder of the host, to read in too', async () => {
      const { Id } = await at<{ Id: string }>('POST', '/v4.0.0/libpod/containers/create', {
        rootfs: '/',
        rootfs_overlay: true,
        name: `${mark}-${made++}`,
        command: ['sleep', '60'],
      })
      expect(await power(Id)).toBe('Rootfs')
      expect(await powerToRead(client, Id)).toEqual({ id: Id, field: 'Rootfs' })
    })

  it('is a folder of the host with its keys in it, to read in too', async () => {
    const id = await make({ Binds: ['/etc:/h:ro'] })
    expect([await power(id), (await powerToRead(client, id)).field]).toEqual(['Mounts /h', 'Mounts /h'])
    const own = await make({}, { Env: ['ROADSTEAD_DATA=/data'] })
    expect([await power(own), (await powerToRead(client, own)).field]).toEqual([
      'ROADSTEAD_DATA',
      'ROADSTEAD_DATA',
    ])
  })
})
