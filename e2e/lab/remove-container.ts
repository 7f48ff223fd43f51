import { engineRequest } from './engine-http.ts'
import { type EngineName, labEngine } from './state.ts'

/**
 * Takes a container away at once, running or not, with its volumes without a name; nothing where it is gone already. A forced
 * removal by Podman's Docker API stops it first, for which a shell or a `sleep` as pid 1 lets it wait its ten seconds: by
 * libpod it can be told not to wait.
 */
export async function removeContainer(engine: EngineName, id: string): Promise<void> {
  const { kind, localSocketPath } = labEngine(engine)
  const path =
    kind === 'podman'
      ? `/v4.0.0/libpod/containers/${id}?force=true&v=true&timeout=0`
      : `/v1.41/containers/${id}?force=1&v=1`
  await engineRequest(localSocketPath, 'DELETE', path)
}
