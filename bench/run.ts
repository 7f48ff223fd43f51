import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { benchArchives } from './archives.ts'
import { benchEventLatency } from './event-latency.ts'
import { benchGateway } from './gateway.ts'
import { benchList } from './list.ts'
import { benchLogs } from './logs.ts'
import { benchPages } from './pages.ts'
import { benchScale } from './scale.ts'
import { benchStats } from './stats.ts'

/** `npm run bench`: figures of one run on one machine. Ratios travel; milliseconds don't. */
const lab = spawnSync(process.execPath, ['e2e/lab/cli.ts', 'up', '--only', 'docker-unix,docker28-tcp'], {
  stdio: 'inherit',
})
if (lab.status !== 0) process.exit(1)
console.log(`Node ${process.versions.node}, ${cpus().length} cores\n`)
for (const bench of [
  benchList,
  benchEventLatency,
  benchScale,
  benchPages,
  benchStats,
  benchLogs,
  benchArchives,
  benchGateway,
]) {
  const { title, rows } = await bench()
  console.log(title)
  for (const [label, value] of rows) console.log(`  ${label.padEnd(58)} ${value}`)
  console.log('')
}
process.exit(0)
