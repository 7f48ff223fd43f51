import { expect, it } from 'vitest'
import { readTar } from '#server/tar/read.ts'
import { readFolder, tarOf } from './build-context.ts'

const dropped = (...names: string[]) =>
  names.map((name) => ({ name, file: name.endsWith('/') ? null : new File([texts[name] ?? 'x'], name) }))
const texts: Record<string, string> = { 'app/.dockerignore': 'left-out\n' }
async function sent(names: string[]): Promise<string[]> {
  const context = await readFolder(
    dropped(...names).map(({ name, file }) => ({ name: name.replace(/\/$/, ''), file })),
  )
  const found: string[] = []
  for await (const { path, type } of readTar(tarOf(context, 'Dockerfile').stream()))
    found.push(`${type} ${path}`)
  return found.toSorted()
}

it('sends the empty folders of a dropped one, as the docker command does, but for those that .dockerignore names', async () => {
  expect(
    await sent(['app/Dockerfile', 'app/.dockerignore', 'app/data/', 'app/left-out/', 'app/src/a/b/']),
  ).toEqual(['directory data', 'directory src/a/b', 'file .dockerignore', 'file Dockerfile'])
})

it('takes files beside each other, and a folder beside them, by their own names', async () => {
  expect(await sent(['Dockerfile', 'data/', 'src/main.c'])).toEqual([
    'directory data',
    'file Dockerfile',
    'file src/main.c',
  ])
})
