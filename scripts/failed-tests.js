// Reporters of Vitest and of Playwright: at the very end, what failed and what passed only at the second try, a few lines
// each. Of a long log people, and machines that keep only its end, read that.
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { projectFolder } from './environment.js'

/** Of what was thrown: what it says is at its beginning, what a command printed last at its end. */
const linesOf = { beginning: 4, end: 5 }
const mostCharacters = 200

/** Both runners call methods of theirs. */
export default class FailedTests {
  playwright = []

  onTestRunEnd(modules, unhandled) {
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

  print(failed, second) {
    const of = (list) => list.map(([name, error]) => `- ${name}\n${shortened(error)}`).join('\n')
    if (second.length > 0) console.log(`\nPassed only at the second try (${second.length}):\n${of(second)}`)
    if (failed.length > 0) console.log(`\nFailed (${failed.length}):\n${of(failed)}`)
  }
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
