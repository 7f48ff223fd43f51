/** Environment variables hold passwords: names stay, values go. For documents of containers and of images. */
export function hideEnvironment(document: Record<string, unknown>): void {
  for (const key of ['Config', 'ContainerConfig']) {
    const config = document[key] as { Env?: unknown } | null | undefined
    if (config && Array.isArray(config.Env)) {
      config.Env = config.Env.map((entry) => `${String(entry).split('=', 1)[0]}=`)
    }
  }
}

/** `ENV NAME=value` of a Dockerfile, and `|1 ARG=value /bin/sh -c …`, as a history tells them. */
const environmentStep = /^(?:\/bin\/sh -c #\(nop\)\s+)?ENV\s/
const argumentsStep = /^\|\d+\s/

/** A step of an image's history without the values that a build was given. */
export function hideBuildValues(step: string): string {
  if (!environmentStep.test(step) && !argumentsStep.test(step)) return step
  // Values with spaces are quoted, or end at the next NAME=.
  return step.replaceAll(/(^|\s)([A-Za-z_]\w*)=(?:"[^"]*"|'[^']*'|\S*)/g, '$1$2=')
}
