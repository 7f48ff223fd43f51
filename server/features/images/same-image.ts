/** What an engine's inspect of an image tells, of which its identity follows. */
export interface ImageDocument {
  Id?: string
  RepoDigests?: string[] | null
  Descriptor?: { digest?: string } | null
  RootFS?: { Layers?: string[] | null } | null
  Created?: string
  Os?: string
  Architecture?: string
  Config?: Record<string, unknown> | null
}

/** With `sha256:`, which Podman leaves out in places. */
export function idOf({ Id = '' }: ImageDocument): string {
  return Id.startsWith('sha256:') ? Id : `sha256:${Id}`
}

/**
 * Whether two engines hold the same image. The id is the configuration's digest, which names the layers' digests, and so
 * all of it. With Docker's containerd store the id is a manifest's digest, which another engine makes anew or has never
 * seen: then the layers and what the configuration says are compared.
 */
export function isSameImage(a: ImageDocument, b: ImageDocument): boolean {
  if (idOf(a) === idOf(b)) return true
  if (!isManifestDigest(a) && !isManifestDigest(b)) return false
  const layers = ({ RootFS }: ImageDocument) => RootFS?.Layers ?? []
  const facts = ({ Os, Architecture, Created, Config, ...image }: ImageDocument) =>
    JSON.stringify([
      layers(image),
      Os,
      Architecture,
      Created && Date.parse(Created),
      Config?.Cmd ?? null,
      Config?.Entrypoint ?? null,
      Config?.Env ?? null,
    ])
  return layers(a).length > 0 && facts(a) === facts(b)
}

/** The containerd store shows the digest that is the id as the image's descriptor or repository digest, too. */
function isManifestDigest(image: ImageDocument): boolean {
  const id = idOf(image)
  return image.Descriptor?.digest === id || (image.RepoDigests ?? []).some((name) => name.endsWith(`@${id}`))
}
