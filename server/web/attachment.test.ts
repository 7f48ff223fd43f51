import { expect, it } from 'vitest'
import { attachment } from './attachment.ts'

it.each([
  ['a.txt', `attachment; filename="a.txt"; filename*=UTF-8''a.txt`],
  ['größe 100%.txt', `attachment; filename="gr__e 100_.txt"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20100%25.txt`],
  ['a"\r\nx: y', `attachment; filename="a_x: y"; filename*=UTF-8''a%22x%3A%20y`],
  ['../etc/(x)', `attachment; filename="..etc(x)"; filename*=UTF-8''..etc%28x%29`],
  ['\ud800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ['', `attachment; filename="file"; filename*=UTF-8''`],
])('%j', (name, header) => expect(attachment(name)).toBe(header))
