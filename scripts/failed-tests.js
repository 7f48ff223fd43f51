// Reporters of Vitest and of Playwright: at the very end, what failed and what passed only at the second try, a few lines
// each, and of a whole run of Vitest the slowest files. Of a long log people, and machines that keep only its end, read that.
// `npm test` runs both, one after the other: what failed is also written to the file that it names, which it prints when all is
// over.
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { engineFaultOf } from './engine-faults.js'
import { projectFolder } from './environment.js'

/** Of what was thrown: what it says is at its beginning, what a command printed last at its end. */
const linesOf = { beginning: 4, end: 5 }
const mostCharacters = 200
const slowestTold = 15
/**
 * Minutes. A file whose worker computes without end is not ended by Vitest's own limits, whose timers are in that worker; the
 * slowest of `npm test` takes three. The whole tables go on for longer, and so does the hour of faults, which ends itself ten
 * minutes after its time.
 */
const hourMinutes = Number(process.env.ROADSTEAD_HOUR_MINUTES ?? 0)
const hungAfterMinutes =
  process.env.ROADSTEAD_TABLES === 'whole' ? 240 : hourMinutes > 0 ? hourMinutes + 15 : 12

/** Both runners call methods of theirs. */
export default class FailedTests {
  playwright = []
  spans = new Map()
  running = new Map()

  onTestModuleStart({ project, moduleId }) {
    const now = performance.now()
    this.running.set(moduleId, now)
    this.watch ??= setInterval(() => this.endIfHung(), 10_000)
    if (!this.spans.has(project.name)) this.spans.set(project.name, { began: now, ended: now })
  }

  onTestModuleEnd({ project, moduleId }) {
    this.running.delete(moduleId)
    this.spans.get(project.name).ended = performance.now()
  }

  /** A run that waits for ever tells nobody why: this one ends, and says at which file. */
  endIfHung() {
    const hung = [...this.running].filter(
      ([, began]) => performance.now() - began > hungAfterMinutes * 60_000,
    )
    if (hung.length === 0) return
    const names = hung.map(([moduleId]) => `- ${relative(projectFolder, moduleId)}`)
    say(`\nHung for ${hungAfterMinutes} minutes, the run is given up:\n${names.join('\n')}`)
    spawnSync('pkill', ['-KILL', '-P', String(process.pid)])
    process.exit(1)
  }

  onTestRunEnd(modules, unhandled) {
    clearInterval(this.watch)
    if (modules.length > slowestTold) this.printSlowest(modules)
    const failed = []
    const second = []
    for (const testModule of modules) {
      const file = relative(projectFolder, testModule.moduleId)
      for (const error of testModule.errors()) failed.push([file, error])
      for (const suite of testModule.children.allSuites())
        for (const error of suite.errors()) failed.push([`${file} > ${suite.fullName}`, error])
      for (const test of testModule.children.allTests()) {
        const name = `${file} > ${test.fullName}`
        const [error] = test.result().errors ?? []
        if (test.result().state === 'failed') failed.push([name, error])
        else if (test.diagnostic()?.flaky) second.push([name, error])
      }
    }
    for (const error of unhandled) failed.push(['outside of a test', error])
    this.print(failed, second)
  }

  onTestEnd(test) {
    if (!this.playwright.includes(test)) this.playwright.push(test)
  }

  onEnd() {
    const of = (outcome) =>
      this.playwright
        .filter((test) => test.outcome() === outcome)
        .map((test) => [
          test.titlePath().filter(Boolean).join(' > '),
          test.results.find(({ error }) => error)?.error,
        ])
    this.print(of('unexpected'), of('flaky'))
  }

  printsToStdio() {
    return false
  }

  /** Of a whole run: where its time went. */
  printSlowest(modules) {
    const timed = modules.map((testModule) => {
      const { collectDuration, duration } = testModule.diagnostic()
      return { file: relative(projectFolder, testModule.moduleId), ms: collectDuration + duration }
    })
    const seconds = (ms) => `${(ms / 1000).toFixed(0)} s`.padStart(7)
    const slowest = timed.toSorted((a, b) => b.ms - a.ms).slice(0, slowestTold)
    console.log(
      `\nThe slowest files:\n${slowest.map(({ file, ms }) => `${seconds(ms)}  ${file}`).join('\n')}`,
    )
    for (const [name, { began, ended }] of this.spans)
      console.log(`Project ${name}: ${seconds(ended - began).trim()} from its first file to its last`)
  }

  print(failed, second) {
    const of = (list) =>
      list.map(([name, error]) => `- ${name}\n${because(error)}${shortened(error)}`).join('\n')
    if (second.length > 0) say(`\nPassed only at the second try (${second.length}):\n${of(second)}`)
    if (failed.length > 0) say(`\nFailed (${failed.length}):\n${of(failed)}`)
  }
}

function say(text) {
  console.log(text)
  const file = process.env.ROADSTEAD_FAILED_TESTS
  if (file) appendFileSync(file, `${text}\n`)
}

/** Of a listed fault of an engine, its cause and where that is told. */
function because({ message = '' } = {}) {
  const fault = engineFaultOf(stripVTControlCharacters(message))
  return fault ? `    ${fault.name}. ${fault.cause} ${fault.source}\n` : ''
}

/** What was thrown, and what was other than expected. */
function shortened(error) {
  const { message = '', diff = '', cause } = error ?? {}
  const changed = diff.split('\n').filter((line) => /^[-+]/.test(stripVTControlCharacters(line)))
  const lines = [message, ...changed, cause?.message ?? '']
    .flatMap((text) => stripVTControlCharacters(text).split('\n'))
    .filter((line) => line.trim())
  const isLong = lines.length > linesOf.beginning + linesOf.end
  return (isLong ? [...lines.slice(0, linesOf.beginning), '…', ...lines.slice(-linesOf.end)] : lines)
    .map((line) => `    ${line.slice(0, mostCharacters)}`)
    .join('\n')
}
