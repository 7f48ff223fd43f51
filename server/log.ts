import pino, { type Logger } from 'pino'

export type Log = Logger

/** Structured lines on stdout. Secrets never reach it: what carries them is listed here and cut. */
export function createLog(level: string): Log {
  return pino({
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
  })
}
