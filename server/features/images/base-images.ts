import type { BuildRequest } from '../../engine/build.ts'
import type { ImageCalls } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'

/**
 * Builds, and where the builder does not trust a registry whose images the engine itself pulls, lets the engine pull them
 * and builds from what it then has. (BuildKit in Docker 20.10 knows insecure registries by name alone, not by the range
 * of addresses that `--insecure-registry 10.0.0.0/8` gives; tried.) Throws as `images.build`, and as `images.pull`.
 */
export async function buildFromBases(
  engine: { images: Pick<ImageCalls, 'build'> },
  bases: { images: readonly string[]; fetch(reference: string): Promise<void> },
  request: BuildRequest,
): Promise<string> {
  try {
    return await engine.images.build(request)
  } catch (error) {
    const isDistrust =
      error instanceof AppError &&
      error.code === 'pull_failed' &&
      /HTTP response to HTTPS client|x509: /.test(error.context.detail ?? '')
    if (!isDistrust || bases.images.length === 0) throw error
    for (const reference of bases.images) {
      request.output(`Pulling ${reference}\n`)
      await bases.fetch(reference)
    }
    return engine.images.build({ ...request, pull: false })
  }
}
