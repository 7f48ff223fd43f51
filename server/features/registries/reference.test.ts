import { describe, expect, it } from 'vitest'
import { apiHost, registryReference } from './reference.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('where a reference leads', () => {
  it.each([
    ['busybox', 'docker.io', 'library/busybox', 'latest'],
    ['busybox:1.36', 'docker.io', 'library/busybox', '1.36'],
    ['team/app', 'docker.io', 'team/app', 'latest'],
    ['docker.io/busybox', 'docker.io', 'library/busybox', 'latest'],
    ['index.docker.io/team/app:2', 'docker.io', 'team/app', '2'],
    ['registry.example/app', 'registry.example', 'app', 'latest'],
    ['registry.example:5000/a/b/c:tag', 'registry.example:5000', 'a/b/c', 'tag'],
    ['localhost/app:1', 'localhost', 'app', '1'],
    ['10.0.0.1:5000/app', '10.0.0.1:5000', 'app', 'latest'],
    [`registry.example/app:1@${digest}`, 'registry.example', 'app', digest],
    // Neither dot nor colon: a name on Docker Hub, as every engine reads it.
    ['registry/app', 'docker.io', 'registry/app', 'latest'],
  ])('%s', (text, address, repository, reference) => {
    expect(registryReference(text)).toEqual({ address, repository, reference })
  })

  it.each(['', 'UPPER', 'a/../b', 'a b', 'http://x/y', `x@${digest.slice(0, 20)}`, 'x:', '/x', 'x//y'])(
    'refuses %j',
    (text) => {
      expect(() => registryReference(text)).toThrow('reference_invalid')
    },
  )

  it('asks Docker Hub where its API is', () => {
    expect([apiHost('docker.io'), apiHost('registry.example:5000')]).toEqual([
      'registry-1.docker.io',
      'registry.example:5000',
    ])
  })
})
