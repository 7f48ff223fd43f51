import { expect, it } from 'vitest'
import { type ImageDocument, isSameImage } from './same-image.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const image = (more: ImageDocument = {}): ImageDocument => ({
  Id: digest('a'),
  RepoDigests: [],
  RootFS: { Layers: [digest('1'), digest('2')] },
  Os: 'linux',
  Architecture: 'amd64',
  Created: '2026-01-15T09:30:00Z',
  Config: { Cmd: ['sh'] },
  ...more,
})
/** As Docker's containerd store shows the same image. */
const ofContainerd = (more: ImageDocument = {}) =>
  image({ Id: digest('b'), RepoDigests: [`x@${digest('b')}`], ...more })

it.each<[string, ImageDocument, ImageDocument, boolean]>([
  ['the same id', image(), image({ Id: 'a'.repeat(64) }), true],
  ['another configuration over the same layers', image(), image({ Id: digest('c') }), false],
  [
    'a pulled image of another configuration',
    image(),
    image({ Id: digest('c'), RepoDigests: [`x@${digest('d')}`] }),
    false,
  ],
  ['a manifest’s digest as id', image(), ofContainerd(), true],
  [
    'the same told by the descriptor',
    image(),
    ofContainerd({ RepoDigests: [], Descriptor: { digest: digest('b') } }),
    true,
  ],
  ['times written otherwise', image(), ofContainerd({ Created: '2026-01-15T09:30:00.000Z' }), true],
  ['a manifest of other layers', image(), ofContainerd({ RootFS: { Layers: [digest('1')] } }), false],
  ['a manifest of another command', image(), ofContainerd({ Config: { Cmd: ['ls'] } }), false],
  ['a manifest for another platform', image(), ofContainerd({ Architecture: 'arm64' }), false],
  ['no layers at all', image({ RootFS: null }), ofContainerd({ RootFS: null }), false],
])('%s', (_what, a, b, same) => {
  expect(isSameImage(a, b)).toBe(same)
  expect(isSameImage(b, a)).toBe(same)
})
