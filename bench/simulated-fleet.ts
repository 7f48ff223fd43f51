import { type SimulatedEngine, startSimulatedEngine } from '../server/testing/simulated-engine.ts'

/** A process of its own for many simulated engines, so that the server's memory and CPU are its own. Spoken to by messages. */
export type FleetCommand =
  | { type: 'change'; engine: number }
  | { type: 'silent'; engine: number }
  | { type: 'count' }
export type FleetAnswer =
  | { type: 'ready'; ports: number[] }
  | { type: 'changed'; id: string; at: number }
  | { type: 'count'; connections: number[]; statsRequests: number; statsStreams: number }

const [hosts = 0, containers = 0] = process.argv.slice(2).map(Number)
const engines: SimulatedEngine[] = []
for (let number = 0; number < hosts; number++)
  engines.push(await startSimulatedEngine({ number, containers }))

const say = (answer: FleetAnswer) => process.send?.(answer)
process.on('message', (command: FleetCommand) => {
  if (command.type === 'count') {
    const sum = (of: (engine: SimulatedEngine) => number) =>
      engines.reduce((total, engine) => total + of(engine), 0)
    say({
      type: 'count',
      connections: engines.map((engine) => engine.connections),
      statsRequests: sum((engine) => engine.stats.requests),
      statsStreams: sum((engine) => engine.stats.streams),
    })
    return
  }
  const engine = engines[command.engine]
  if (command.type === 'silent') engine?.goSilent()
  // The wall clock, which both processes share.
  else if (engine) say({ type: 'changed', id: engine.change(), at: Date.now() })
})
process.on('disconnect', () => process.exit(0))
say({ type: 'ready', ports: engines.map((engine) => engine.port) })
