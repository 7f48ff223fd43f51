import { labDown, labUp } from './lab.ts'
import { isAlive } from './run.ts'
import { type EngineName, engineNames, labFolder, readLabState } from './state.ts'

const usage = `npm run lab -- up [--only NAME,NAME] | down | status
engines: ${engineNames.join(' ')}`

const [command, ...rest] = process.argv.slice(2)
const began = performance.now()
const seconds = () => ((performance.now() - began) / 1000).toFixed(1)

try {
  if (command === 'up') {
    const only = readOnly(rest)
    const state = await labUp({ only, say: (line) => console.log(`  ${line}`) })
    console.log(
      `The lab is up after ${seconds()} s: ${state.engines.length} engines, ${labFolder()}/lab.json`,
    )
  } else if (command === 'down') {
    await labDown()
    console.log(`The lab is gone after ${seconds()} s.`)
  } else if (command === 'status') {
    status()
  } else {
    console.error(usage)
    process.exitCode = 2
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function readOnly(args: string[]): EngineName[] | undefined {
  const flag = args.indexOf('--only')
  if (flag < 0) return undefined
  return (args[flag + 1] ?? '').split(',').map((name) => {
    const known = engineNames.find((candidate) => candidate === name)
    if (!known) throw new Error(`No engine "${name}".\n${usage}`)
    return known
  })
}

function status(): void {
  const state = readLabState()
  if (!state) {
    console.log('No lab is up.')
    return
  }
  for (const engine of state.engines) {
    const { transport } = engine
    const where = transport.kind === 'unix' ? transport.socketPath : `${transport.host}:${transport.port}`
    const mark = isAlive(engine.daemonPid) ? 'up  ' : 'dead'
    console.log(
      `${mark} ${engine.name.padEnd(13)} ${engine.version.padEnd(16)} ${transport.kind.padEnd(5)} ${where}`,
    )
  }
}
