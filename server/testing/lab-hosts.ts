import { join } from 'node:path'
import { expect } from 'vitest'
import { type EngineName, requireLab } from '#e2e/lab/state.ts'
import type { Host, TransportInput } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { readLabEngines } from '../features/hosts/lab-engines.ts'
import type { AppUnderTest } from './app-under-test.ts'

/** What a person would type to add that engine of the lab, host key accepted. Throws when no lab is up. */
export function labTransport(name: EngineName): TransportInput {
  const found = readLabEngines(join(requireLab().folder, 'lab.json')).find((engine) => engine.name === name)
  if (!found) throw new Error(`The lab runs without ${name}: run \`npm run lab -- up\`.`)
  return found.transport
}

/** Adds engines of the lab as hosts; resolves with their ids when all are online. Throws after half a minute. */
export async function addLabHosts(
  test: AppUnderTest,
  names: readonly EngineName[],
): Promise<Map<EngineName, string>> {
  return addHosts(
    test,
    names.map((name) => ({ name, transport: labTransport(name) })),
  )
}

/** As `addLabHosts`, for hosts of any way to an engine. */
export async function addHosts<Name extends string>(
  test: AppUnderTest,
  hosts: readonly { name: Name; transport: TransportInput }[],
): Promise<Map<Name, string>> {
  const ids = new Map<Name, string>()
  for (const host of hosts) {
    const answer = await test.call('POST', '/api/hosts', host)
    ids.set(host.name, (answer.json as Host).id)
  }
  const away = async () =>
    ((await test.call('GET', '/api/hosts')).json as Host[]).filter(({ state }) => state !== 'online')
  for (const end = Date.now() + 30_000; (await away()).length > 0; ) {
    if (Date.now() > end) throw new Error(`Not online: ${(await away()).map(({ name }) => name).join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return ids
}

/** The task when it is over. */
export async function endedTask(test: AppUnderTest, { id }: Pick<Task, 'id'>): Promise<Task> {
  const task = async () => (await test.call('GET', `/api/tasks/${id}`)).json as Task
  await expect.poll(async () => (await task()).state, { timeout: 90_000 }).not.toMatch(/queued|running/)
  return task()
}
