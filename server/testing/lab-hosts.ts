import { join } from 'node:path'
import { type EngineName, requireLab } from '#e2e/lab/state.ts'
import type { TransportInput } from '#lib/contracts/hosts.ts'
import { readLabEngines } from '../hosts/lab-engines.ts'

/** What a person would type to add that engine of the lab, host key accepted. Throws when no lab is up. */
export function labTransport(name: EngineName): TransportInput {
  const found = readLabEngines(join(requireLab().folder, 'lab.json')).find((engine) => engine.name === name)
  if (!found) throw new Error(`The lab runs without ${name}: run \`npm run lab -- up\`.`)
  return found.transport
}
