import { expect, it } from 'vitest'
import { networksOf } from './spec-networks.ts'

it('an alias that is by chance the beginning of the id is kept, and what engines add is not', () => {
  const Id = `ab12${'0'.repeat(60)}`
  const found = networksOf({
    Id,
    Name: '/web',
    Image: 'sha256:0',
    Config: { Image: 'x', Hostname: 'box' },
    HostConfig: { NetworkMode: 'shop' },
    NetworkSettings: {
      Networks: { shop: { Aliases: ['a', 'ab', Id.slice(0, 12), 'web', 'box', 'shop-web'] } },
    },
  })
  expect(found).toEqual([{ name: 'shop', aliases: ['a', 'ab', 'shop-web'], ip: '' }])
})
