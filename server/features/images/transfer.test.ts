import { expect, it } from 'vitest'
import type { EngineClient } from '../../engine/types.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Principal } from '../../principal/principal.ts'
import { pullTask } from './transfer.ts'

const principal: Principal = {
  userId: 'u',
  sessionId: 's',
  name: 'n',
  email: 'e',
  role: 'administrator',
}

it.each([{}, { Id: null }, { Id: 7 }])(
  'a pull whose engine then says %j has not succeeded',
  async (document) => {
    const engine = {
      images: { pull: async () => ({ warnings: [] }), inspect: async () => document },
    } as unknown as EngineClient
    const registry = { engine: () => engine } as unknown as HostRegistry
    const registries = { accountFor: async () => ({ auth: undefined, isWithheld: false }) }
    const input = { reference: 'x.example/web:1', hostIds: ['h000000000000'] }
    const [step] = await pullTask({ registry, registries }).plan(input, principal)
    const context = { carryOut: async () => {}, keep: async () => {}, before: null, progress() {} }
    const signal = new AbortController().signal
    await expect(step?.run({ ...context, taskId: '', signal })).rejects.toMatchObject({
      code: 'engine_answer_invalid',
    })
  },
)
