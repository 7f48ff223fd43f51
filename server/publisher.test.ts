import { expect, it } from 'vitest'
import { createLog } from './log.ts'
import { Publisher } from './publisher.ts'

const fault = () => {
  throw new Error('A fault')
}

it.each([
  ['throws', fault],
  ['rejects', async () => fault()],
])(
  'one listener that %s ends what it belongs to; the others and who publishes are not met',
  async (_, bad) => {
    const publisher = new Publisher<number>(createLog('silent'))
    const heard: number[] = []
    let ended = 0
    publisher.subscribe(bad, () => {
      ended++
      fault()
    })
    publisher.subscribe((value) => heard.push(value))
    publisher.publish(1)
    await expect.poll(() => ended).toBe(1)
    publisher.publish(2)
    expect([heard, ended]).toEqual([[1, 2], 1])
  },
)

it('a part of the server goes on after a failure; who stopped listening hears no more', () => {
  const publisher = new Publisher<number>(createLog('silent'))
  const heard: number[] = []
  const stop = publisher.subscribe((value) => {
    heard.push(value)
    fault()
  })
  publisher.publish(1)
  publisher.publish(2)
  stop()
  publisher.publish(3)
  expect(heard).toEqual([1, 2])
})
