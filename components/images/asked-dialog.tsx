'use client'
import { lazy, useState } from 'react'
import { useFleet } from '#components/data/use-live.ts'
import type { ImageGroup } from '#lib/images/groups.ts'
import { everywhere, lacking } from './copy-hosts.ts'
import type { ImageAction } from './image-menu.tsx'

// What opens on demand is loaded on demand.
const BuildDialog = lazy(() =>
  import('./build-dialog.tsx').then((module) => ({ default: module.BuildDialog })),
)
const CopyImagesDialog = lazy(() =>
  import('./copy-dialogs.tsx').then((module) => ({ default: module.CopyImagesDialog })),
)
const SaveImagesDialog = lazy(() =>
  import('./copy-dialogs.tsx').then((module) => ({ default: module.SaveImagesDialog })),
)
const PullDialog = lazy(() =>
  import('./transfer-dialogs.tsx').then((module) => ({ default: module.PullDialog })),
)
const PushDialog = lazy(() =>
  import('./transfer-dialogs.tsx').then((module) => ({ default: module.PushDialog })),
)
const TagImageDialog = lazy(() =>
  import('./image-dialogs.tsx').then((module) => ({ default: module.TagImageDialog })),
)
const RemoveImagesDialog = lazy(() =>
  import('./image-dialogs.tsx').then((module) => ({ default: module.RemoveImagesDialog })),
)

/** What somebody chose to do, with no image where it is about a new one. */
export interface Asked {
  action: ImageAction | 'build'
  groups: readonly ImageGroup[]
}

/** The dialog of what was chosen. */
export function AskedDialog({ asked: { action, groups }, onClose }: { asked: Asked; onClose(): void }) {
  const [group] = groups
  if (action === 'build') return <BuildDialog onClose={onClose} />
  if (!group) return <PullDialog reference="" hostIds={[]} onClose={onClose} />
  if (action === 'pull') return <PullWhereLacking group={group} onClose={onClose} />
  if (action === 'copy') return <CopyImagesDialog groups={groups} onClose={onClose} />
  if (action === 'save') return <SaveImagesDialog groups={groups} onClose={onClose} />
  if (action === 'push') return <PushDialog group={group} onClose={onClose} />
  if (action === 'tag') return <TagImageDialog group={group} onClose={onClose} />
  return <RemoveImagesDialog groups={groups} onClose={onClose} />
}

function PullWhereLacking({ group, onClose }: { group: ImageGroup; onClose(): void }) {
  const hosts = useFleet((fleet) => fleet.hosts)
  const images = useFleet((fleet) => fleet.images)
  // As it was when it was asked: hosts that get the image meanwhile do not leave the dialog.
  const [hostIds] = useState(() => lacking(everywhere([group], images.values()), hosts))
  return <PullDialog reference={group.tags[0] ?? ''} hostIds={hostIds} onClose={onClose} />
}
