import { describe, expect, it } from 'vitest'
import type { Container, ContainerState } from '../contracts/containers.ts'
import { isPossible, refusalOf } from './rules.ts'

const container = (state: ContainerState, hostId = 'h1', name = state) =>
  ({ state, hostId, name }) as unknown as Container

describe('which action fits which state', () => {
  it.each([
    ['start', 'running', false],
    ['start', 'exited', true],
    ['stop', 'exited', false],
    ['unpause', 'running', false],
    ['unpause', 'paused', true],
    ['kill', 'created', false],
    ['remove', 'running', true],
  ] as const)('%s while %s: %s', (action, state, fits) => {
    expect(isPossible(action, container(state))).toBe(fits)
  })
  it('leaves running containers out of a remove without force', () => {
    expect(refusalOf('remove', container('running'), {})).toBe('state')
    expect(refusalOf('remove', container('paused'), { force: false })).toBe('state')
    expect(refusalOf('remove', container('running'), { force: true })).toBeNull()
    expect(refusalOf('remove', container('exited'), {})).toBeNull()
    expect(refusalOf('start', container('running'), {})).toBe('state')
  })
})
