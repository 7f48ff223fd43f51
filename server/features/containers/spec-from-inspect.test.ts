import { expect, it } from 'vitest'
import { specFromInspect } from './spec-from-inspect.ts'

const Id = `ab12cd34ef56${'0'.repeat(52)}`

it.each([
  ['ab', 'ab'],
  ['web-1', 'web-1'],
  [Id.slice(0, 12), undefined],
  ['', undefined],
])(
  'a hostname %j is %j of the form: only the one that the engine made of the id is none',
  (Hostname, wanted) => {
    const document = {
      Id,
      Name: '/web',
      Image: 'sha256:0',
      Config: { Image: 'x', Hostname },
      HostConfig: { NetworkMode: 'bridge' },
      NetworkSettings: { Networks: {} },
      Mounts: [],
    }
    expect(specFromInspect(document as never, null, 'docker').hostname).toBe(wanted)
  },
)
