import { expect, it } from 'vitest'
import { createBuildSecrets, maskSecrets } from './build-secrets.ts'

it('are for who gave them, and gone with their task', () => {
  const secrets = createBuildSecrets()
  const id = secrets.put('me', new Map([['a', Buffer.from('b')]]))
  expect(secrets.get(id, 'me').get('a')?.toString()).toBe('b')
  const gone = expect.objectContaining({ code: 'build_secrets_gone' })
  expect(() => secrets.get(id, 'you')).toThrow(gone)
  secrets.use(id, 'task')
  secrets.end('other')
  expect(secrets.get(id, 'me').size).toBe(1)
  secrets.end('task')
  expect(() => secrets.get(id, 'me')).toThrow(gone)
  secrets.stop()
})

it.each<[string, string[], string[], string]>([
  ['whole', ['secret'], ['a secret b'], 'a *** b'],
  ['cut into pieces', ['secret'], ['a se', 'c', 'ret b'], 'a *** b'],
  ['begun and not gone on with', ['secret'], ['a sec', 'ond'], 'a second'],
  ['at the very end', ['secret'], ['a sec'], 'a sec'],
  ['within another', ['secret', 'secrets of mine'], ['secrets of mine'], '***'],
  ['line by line', ['first line\nsecond line\n'], ['x second line', ' y first', ' line'], 'x *** y ***'],
  ['too short to be one', ['ab'], ['abab'], 'abab'],
  ['that repeats itself', ['aaaa'], ['aaa', 'aaaaa'], '******'],
])('a secret is masked: %s', (_name, given, pieces, expected) => {
  let output = ''
  const { say, end } = maskSecrets(
    given.map((text) => Buffer.from(text)),
    (text) => (output += text),
  )
  for (const piece of pieces) say(piece)
  end()
  expect(output).toBe(expected)
})
