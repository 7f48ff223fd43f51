import { expect, it } from 'vitest'
import { volumeFormSchema } from '#lib/contracts/volumes.ts'
import { volumeFormKinds } from '#lib/volumes/driver-options.ts'
import { emptyFields, formOf, isFilled, labelsOf } from './volume-form.ts'

const filled = { ...emptyFields, server: ' nas ', path: ' /export ', share: 'media', size: '1.5', uid: '33' }

it.each(volumeFormKinds)('what is filled in for %s is what the server reads', (kind) => {
  expect(isFilled(kind, filled)).toBe(true)
  expect(volumeFormSchema.safeParse(formOf(kind, filled)).error).toBeUndefined()
})

it.each([
  ['local', true],
  ['tmpfs', true],
  ['nfs', false],
  ['cifs', false],
  ['bind', false],
] as const)('%s without a word: %s', (kind, ready) => {
  expect(isFilled(kind, emptyFields)).toBe(ready)
})

it('sizes are mebibytes, and what is left out is not sent', () => {
  expect(formOf('tmpfs', filled)).toEqual({ kind: 'tmpfs', sizeBytes: 1_572_864, uid: 33, gid: undefined })
})

it('labels are lines, values may hold what names cannot', () => {
  expect(labelsOf('team=a\n\n =x\nflag\nurl = a=b')).toEqual([
    { name: 'team', value: 'a' },
    { name: 'flag', value: '' },
    { name: 'url', value: 'a=b' },
  ])
})
