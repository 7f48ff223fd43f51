import { type App, createApp } from './app.ts'
import { type Config, readConfig, StartError } from './config.ts'
import { createLog } from './log.ts'
import { endInOrder } from './shutdown.ts'

/** Entry: configuration, services, listen, and one calm block of text for the person who started it. */
async function start(): Promise<void> {
  const config = readConfig(process.env, process.argv.includes('--dev'))
  const log = createLog(config.logLevel)
  let app: App | undefined
  endInOrder(log, async () => app?.close())
  app = await createApp(config, log)
  const port = await app.listen().catch((error: NodeJS.ErrnoException) => {
    throw error instanceof StartError ? error : new StartError(listenSentence(error, config))
  })
  const token = await app.setup.token()
  console.log(`\n  Roadstead is at ${config.publicUrl?.href ?? `http://localhost:${port}`}`)
  if (token) console.log(`  Set-up token, for the first run: ${token}`)
  console.log('')
}

function listenSentence(error: NodeJS.ErrnoException, config: Config): string {
  if (error.code === 'EADDRINUSE') {
    return `ROADSTEAD_PORT: port ${config.port} is in use. Stop what listens there, or choose another port.`
  }
  return `Cannot listen on ${config.bind}:${config.port}: ${error.message}`
}

start().catch((error: unknown) => {
  console.error(error instanceof StartError ? `Roadstead did not start. ${error.message}` : error)
  process.exit(1)
})
