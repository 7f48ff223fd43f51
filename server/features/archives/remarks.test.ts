import { expect, it } from 'vitest'
import type { ArchiveRemark } from '#lib/contracts/archives.ts'
import {
  blob,
  blobsOf,
  chunksOf,
  file,
  indexOf,
  json,
  layoutOf,
  link,
  makeArtifact,
  makeImage,
  type Part,
  savedOf,
  sha256,
  tarOf,
} from '../../testing/archive-maker.ts'
import { chooseImages } from './choose.ts'
import { inspectArchive } from './inspect.ts'

const inspect = (parts: Part[]) => inspectArchive(chunksOf(tarOf(parts), 5000))
const image = makeImage(['gzip', 'none'])
const bare = makeImage(['none'], { more: { os: '', architecture: undefined } })
const attestation = makeImage(['none'], { platform: 'unknown/unknown' })
const signature = makeArtifact('application/vnd.dev.cosign.simplesigning.v1+json')
const sbom = makeArtifact('text/spdx+json')
const chart = makeArtifact(
  'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  'application/vnd.cncf.helm.config.v1+json',
)
const foreign = makeArtifact('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip')
const parts = layoutOf([{ image }])
const saved = savedOf([{ image, tags: ['app:1'] }])
const layer = blob(image.layers[0]?.bytes as Buffer)
const manifestOf = (artifact: typeof image) => blob(artifact.manifest).path
const old = `${'1'.repeat(64)}/layer.tar`

it.each<[string, Part[], [ArchiveRemark['what'], string, string?][]]>([
  ['a readme', [file('README.md', 'hello'), ...parts], [['extra', 'README.md']]],
  [
    'a blob that nothing names',
    [blob(Buffer.from('more')), ...parts],
    [['extra', blob(Buffer.from('more')).path]],
  ],
  ['a blob of another algorithm', [...parts, file('blobs/sha512/aa', 'x')], [['extra', 'blobs/sha512/aa']]],
  ['a file of a Docker archive', [...saved, file('x/layer.tar', 'hello')], [['extra', 'x/layer.tar']]],
  ['a layer twice', [layer, ...parts], [['repeated', layer.path]]],
  [
    'a document twice',
    [...parts, file('./oci-layout', '{"imageLayoutVersion":"1.0.0"}')],
    [['repeated', 'oci-layout']],
  ],
  [
    'a layer again, as a hard link to itself',
    [...parts, link(layer.path, layer.path, '1')],
    [['repeated', layer.path]],
  ],
  [
    'a link that nothing needs',
    [...saved, link(old, `../${'2'.repeat(64)}/layer.tar`)],
    [['link', old, `${'2'.repeat(64)}/layer.tar`]],
  ],
  [
    'a signature',
    layoutOf([{ image }, { image: signature }]),
    [['artifact', manifestOf(signature), 'application/vnd.dev.cosign.simplesigning.v1+json']],
  ],
  [
    "a signature whose name is no image's",
    layoutOf([{ image: signature, annotations: { 'io.containerd.image.name': 'A/b:1' } }, { image }]),
    [['artifact', manifestOf(signature), 'application/vnd.dev.cosign.simplesigning.v1+json']],
  ],
  [
    'a list of parts and a chart, before the image',
    layoutOf([{ image: sbom }, { image: chart }, { image }]),
    [
      ['artifact', manifestOf(sbom), 'text/spdx+json'],
      ['artifact', manifestOf(chart), 'application/vnd.cncf.helm.config.v1+json'],
    ],
  ],
  [
    'an artifact of its own type',
    layoutOf([
      { image },
      { image: json({ blobs: [] }), mediaType: 'application/vnd.oci.artifact.manifest.v1+json' },
    ]),
    [['artifact', blob(json({ blobs: [] })).path, 'application/vnd.oci.artifact.manifest.v1+json']],
  ],
  [
    'an artifact within an index',
    layoutOf([{ image: indexOf([{ image }, { image: sbom }]) }], blobsOf(image, sbom)),
    [['artifact', manifestOf(sbom), 'text/spdx+json']],
  ],
  [
    'an image whose layers are elsewhere',
    layoutOf([{ image }, { image: foreign }]),
    [['foreign', manifestOf(foreign), 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip']],
  ],
  [
    'an attestation of which a part is missing',
    layoutOf([
      { image },
      { image: attestation, platform: { os: 'unknown', architecture: 'unknown' } },
    ]).filter(({ path }) => path !== blob(attestation.config).path),
    [],
  ],
])('an image is loaded beside %s, which is told', async (_, archive, told) => {
  const { images, remarks, remarkCount } = await inspect(archive)
  expect(images.map(({ configDigest }) => configDigest)).toEqual([`sha256:${sha256(image.config)}`])
  expect(remarks).toEqual(told.map(([what, entry, detail = '']) => ({ what, entry, detail })))
  expect(remarkCount).toBe(told.length)
})

it('a layer may be a hard link to another file of the archive', async () => {
  const [first, ...others] = saved as [Part, ...Part[]]
  const second = others.find(({ path }) => path.endsWith('.tar')) as Part
  const moved = [
    ...saved.filter((part) => part !== second),
    file('layers/one', second.body),
    link(second.path, './layers/one', '1'),
  ]
  const { images, remarks } = await inspect(moved)
  expect(images[0]?.layers.map(({ path }) => path)).toContain('layers/one')
  expect([first.path, remarks]).toEqual([first.path, []])
})

it('an image that names no platform is for any host that has nothing better, and says so', async () => {
  const contents = await inspect(
    layoutOf([{ image: bare, annotations: { 'io.containerd.image.name': 'a:1' } }]),
  )
  expect(contents.images[0]?.platform).toBe('unknown/unknown')
  expect(contents.remarks).toMatchObject([{ what: 'platform', detail: 'unknown/unknown' }])
  const options = { names: 'keep', references: [], platform: 'linux/arm64/v8' } as const
  expect(chooseImages(contents, options)).toHaveLength(1)
  const both = await inspect(
    layoutOf(
      [bare, image].map((one) => ({ image: one, annotations: { 'io.containerd.image.name': 'a:1' } })),
    ),
  )
  expect(
    chooseImages(both, { ...options, platform: 'linux/amd64' }).map((choice) => choice.image.platform),
  ).toEqual(['linux/amd64'])
  const said = await inspect(layoutOf([{ image: bare, platform: { os: 'linux', architecture: 'arm64' } }]))
  expect(said.images[0]?.platform).toBe('linux/arm64')
  expect(said.remarks).toEqual([])
})

it('index.json and manifest.json together are the images of both', async () => {
  const other = makeImage(['gzip'], { more: { author: 'somebody else' } })
  const same = await inspect([...parts, ...saved])
  expect(same.images).toMatchObject([{ names: ['docker.io/library/app:1'], manifest: {} }])
  expect(same.remarks.map(({ what }) => what)).toEqual([])
  const two = await inspect([...parts, ...savedOf([{ image: other, tags: ['other:1'] }])])
  expect(two.images).toMatchObject([
    { manifest: {} },
    { names: ['docker.io/library/other:1'], manifest: null },
  ])
})

it('keeps a hundred remarks and counts the others', async () => {
  const many = Array.from({ length: 150 }, (_, index) => file(`extra/${index}`, ''))
  const { remarks, remarkCount } = await inspect([...parts, ...many])
  expect([remarks.length, remarkCount]).toEqual([100, 150])
})
