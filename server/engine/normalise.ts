import type { Image, ImageHistory } from '#lib/contracts/images.ts'
import type { Network } from '#lib/contracts/networks.ts'
import type { Pod } from '#lib/contracts/pods.ts'
import type { Volume } from '#lib/contracts/volumes.ts'
import { hideLabels } from '../redact.ts'
import { fullId, imageId, instant } from './compat.ts'
import type { Local } from './types.ts'

type Labels = Record<string, string> | null | undefined

export interface ListedImage {
  Id: string
  RepoTags?: string[] | null
  RepoDigests?: string[] | null
  Created: number
  Size: number
  SharedSize?: number
  Labels?: Labels
  Os?: string
  Arch?: string
  /** Podman's, since 5.0. */
  IsManifestList?: boolean
}

/**
 * A row of either engine's image list. `<none>:<none>` stands for no tag on older Docker; Podman has references by digest among
 * its tags, of what was pulled by one.
 */
export function fromImageList(raw: ListedImage): Local<Image> {
  const names = [...(raw.RepoTags ?? []), ...(raw.RepoDigests ?? [])].filter(
    (name) => !name.includes('<none>'),
  )
  const isDigest = (name: string) => name.includes('@')
  return {
    id: `sha256:${fullId(raw.Id.replace(/^sha256:/, ''))}`,
    tags: names.filter((name) => !isDigest(name)).sort(),
    repoDigests: [...new Set(names.filter(isDigest))].sort(),
    createdAt: instant(raw.Created),
    size: raw.Size,
    // -1 is Docker's "not computed"; Podman's list says 0 for the same.
    sharedSize: raw.SharedSize && raw.SharedSize > 0 ? raw.SharedSize : null,
    labels: hideLabels(raw.Labels ?? {}),
    os: raw.Os || null,
    arch: raw.Arch || null,
    platforms: raw.IsManifestList ? [] : null,
  }
}

export interface HistoryEntry {
  Id?: string
  Created: number
  CreatedBy: string
  Size: number
  Comment?: string
  Tags?: string[] | null
}

/** One layer of `GET /images/{name}/history`, the newest first. */
export function fromHistory(raw: HistoryEntry): ImageHistory[number] {
  return {
    // Layers that came without their image have no id here.
    id: raw.Id && raw.Id !== '<missing>' ? imageId(raw.Id) : '',
    createdAt: instant(raw.Created),
    createdBy: raw.CreatedBy ?? '',
    size: raw.Size ?? 0,
    comment: raw.Comment ?? '',
    tags: raw.Tags ?? [],
  }
}

export interface ListedVolume {
  Name: string
  Driver: string
  CreatedAt?: string
  Labels?: Labels
}

export function fromVolume(raw: ListedVolume): Local<Volume> {
  return {
    id: raw.Name,
    driver: raw.Driver,
    createdAt: instant(raw.CreatedAt),
    labels: hideLabels(raw.Labels ?? {}),
  }
}

export interface ListedNetwork {
  Id: string
  Name: string
  Driver: string
  Internal?: boolean
  Created?: string
  Labels?: Labels
}

export function fromNetwork(raw: ListedNetwork): Local<Network> {
  return {
    id: raw.Id,
    name: raw.Name,
    driver: raw.Driver,
    internal: raw.Internal ?? false,
    createdAt: instant(raw.Created),
    labels: hideLabels(raw.Labels ?? {}),
  }
}

export interface LibpodNetwork {
  id: string
  name: string
  driver: string
  internal?: boolean
  created?: string
  labels?: Labels
}

/** A row of libpod's list; its Docker-compatible one calls the default network otherwise than the containers in it do. */
export function fromLibpodNetwork(raw: LibpodNetwork): Local<Network> {
  return {
    id: raw.id,
    name: raw.name,
    driver: raw.driver,
    internal: raw.internal ?? false,
    createdAt: instant(raw.created),
    labels: hideLabels(raw.labels ?? {}),
  }
}

export interface ListedPod {
  Id: string
  Name: string
  Status: string
  Created: string
  Containers?: { Id: string }[] | null
  Labels?: Labels
}

export function fromPod(raw: ListedPod): Local<Pod> {
  return {
    id: fullId(raw.Id),
    name: raw.Name,
    state: raw.Status.toLowerCase(),
    createdAt: instant(raw.Created),
    containerIds: (raw.Containers ?? []).map((container) => container.Id),
    labels: hideLabels(raw.Labels ?? {}),
  }
}
