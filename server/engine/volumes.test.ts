import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { openTransport } from '../transport/index.ts'
import { createEngineContext } from './context.ts'
import { createVolumeCalls, sizeInBlocks, sizesOf, volumeError } from './volumes.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** An engine that answers by line, and 404 to the rest. */
async function engine(flavour: 'docker' | 'podman', answers: Record<string, unknown>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url?.replace(/^\/v[\d.]+/, '')}`
    asked.push(line)
    request.resume()
    const answer = answers[line]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { message: 'no such volume' }))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const transport = openTransport({ kind: 'tcp', host: '127.0.0.1', port })
  const info = { flavour, apiVersion: '1.41' } as never
  return { asked, volumes: createVolumeCalls(createEngineContext(transport, () => info)) }
}

const named = (Name: string) => ({ Name, Driver: 'local' })

it('Podman is asked by the whole name before it removes: by a beginning it would take another one', async () => {
  const { volumes, asked } = await engine('podman', {
    'GET /volumes/data': named('data-of-somebody'),
    'DELETE /volumes/data': {},
  })
  await expect(volumes.remove('data')).rejects.toMatchObject({ code: 'volume_not_found' })
  expect(asked).toEqual(['GET /volumes/data'])
})

it('Docker knows names as they are', async () => {
  const { volumes, asked } = await engine('docker', { 'DELETE /volumes/data': {} })
  await volumes.remove('data')
  expect(asked).toEqual(['DELETE /volumes/data'])
})

it.each(['docker', 'podman'] as const)(
  '%s would answer 201 for one that is there, whatever its options: it is not asked to make it',
  async (flavour) => {
    const { volumes, asked } = await engine(flavour, {
      'GET /volumes/data': named('data'),
      'POST /volumes/create': named('data'),
    })
    const made = { name: 'data', driver: 'local', options: {}, labels: {} }
    await expect(volumes.create(made)).rejects.toMatchObject({ code: 'volume_exists' })
    expect(asked).toEqual(['GET /volumes/data'])
  },
)

it('one whose name only begins so is no reason not to make it', async () => {
  const { volumes, asked } = await engine('podman', {
    'GET /volumes/data': named('data-of-somebody'),
    'POST /volumes/create': named('data'),
  })
  await volumes.create({ name: 'data', driver: 'local', options: {}, labels: {} })
  expect(asked).toEqual(['GET /volumes/data', 'POST /volumes/create'])
})

it.each([
  [{ type: 'tmpfs', device: 'tmpfs', o: 'size=1048577,mode=0700' }, 'nr_blocks=257,mode=0700'],
  [{ type: 'tmpfs', device: 'tmpfs', o: 'mode=0700,size=4096' }, 'mode=0700,nr_blocks=1'],
  [{ type: 'tmpfs', device: 'tmpfs', o: 'rsize=4096' }, undefined],
  [{ type: 'tmpfs', device: 'tmpfs' }, undefined],
  [{ type: 'nfs', device: 'nas:/a', o: 'size=4096' }, undefined],
])('memory in blocks: %j', (options, o) => {
  expect(sizeInBlocks(options as Record<string, string>)?.o).toBe(o)
})

it.each([
  ['what it added up', { Size: 7 }, 7],
  ['nothing in it', { Size: 0 }, 0],
  ['-1 of what it does not add up', { Size: -1 }, null],
  ['no word', {}, null],
  ['no figures', null, null],
])('a size: %s', (_, UsageData, expected) => {
  expect(sizesOf([{ Name: 'data', UsageData }])).toEqual({ data: expected })
})

it.each([
  // As the four engines say it.
  [409, 'remove data: volume is in use - [c0ffee]', 'volume_in_use'],
  [
    409,
    'volume data is being used by the following container(s): c0ffee: volume is being used',
    'volume_in_use',
  ],
  [
    500,
    'volume data is being used by the following container(s): c0ffee: volume is being used',
    'volume_in_use',
  ],
  [404, 'get data: no such volume', 'volume_not_found'],
  [500, 'error while removing data: device or resource busy', 'engine_error'],
] as const)('%i “%s”', (status, detail, code) => {
  const told = volumeError(new AppError('engine_error', { detail, params: { status } }), 'data')
  expect(told.code).toBe(code)
  if (code !== 'engine_error') expect(told.context.params).toMatchObject({ name: 'data', status })
})
