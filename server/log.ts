import pino, { type Logger } from 'pino'

export type Log = Logger

/** Bytes of the log that nobody has read yet; what comes above is left out, and counted. */
const mostWaitingBytes = 1024 * 1024

const nothing = () => {}

/**
 * Writes lines to standard output, and never waits for it: a pipe that nobody reads would make the whole server stand
 * still. Its errors are nobody's: a closed pipe is no reason to end.
 */
function lines(output: NodeJS.WriteStream): { write(line: string): void } {
  let lost = 0
  // Once, however many logs there are.
  output.off('error', nothing).on('error', nothing)
  return {
    write(line) {
      if (output.writableLength > mostWaitingBytes) {
        lost++
        return
      }
      if (lost > 0) {
        const words = { level: 40, time: new Date().toISOString(), lost, msg: 'lines of the log were lost' }
        output.write(`${JSON.stringify(words)}\n`)
        lost = 0
      }
      output.write(line)
    },
  }
}

/** Structured lines on stdout. Secrets never reach it: what carries them is listed here and cut. */
export function createLog(level: string): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        '*.privateKey',
        '*.passphrase',
        '*.key',
        '*.password',
        '*.token',
        'req.headers.cookie',
        'req.headers.authorization',
      ],
      censor: '[secret]',
    },
  }
  return pino(options, lines(process.stdout))
}
