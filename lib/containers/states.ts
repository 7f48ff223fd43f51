// Words of containers without their schemas: the browser lists them and must not carry zod for it.

export const containerStates = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] as const
export const healthStates = ['none', 'starting', 'healthy', 'unhealthy'] as const

/** Signals offered by the kill dialog; the API takes any of these. */
export const killSignals = [
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGSTOP',
  'SIGCONT',
  'SIGWINCH',
] as const
