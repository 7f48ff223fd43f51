import type { ChildProcess } from 'node:child_process'

/** The one-time token that a new server prints. Rejects with what it printed when it ends before. */
export function setUpToken(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stdout?.on('data', (chunk) => {
      output += chunk
      const token = /Set-up token[^:]*: (\S+)/.exec(output)?.[1]
      if (token) resolve(token)
    })
    server.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${output}`)))
  })
}
