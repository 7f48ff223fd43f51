import { describe, expect, it } from 'vitest'
import { anyEngineFault, engineFaultOf } from './engine-faults.js'

const id = '755ed1a8ac74984410bd7817cec045e56038e06a2133ab9592e70bc9da623c62'
const runc = 'runc cannot freeze a container while the machine is busy'
const race = 'Podman 4.3 loses the race with a container that ends'

describe('a second try is for a fault of an engine that is listed', () => {
  it.each([
    [
      runc,
      `POST /v1.41/containers/${id}/pause: 500 Cannot pause container ${id}: OCI runtime pause failed: unable to freeze: unknown`,
    ],
    [
      runc,
      'POST /v1.41/commit: 500 {"cause":"OCI runtime error","message":"runc: unable to freeze: OCI runtime error"}',
    ],
    [
      race,
      `POST /v1.41/containers/${id}/restart: 500 {"message":"sending SIGKILL to container ${id}: container state improper"}`,
    ],
    [
      race,
      `cannot remove container ${id} as it could not be stopped: sending SIGKILL to container ${id}: container state improper`,
    ],
  ])('%s: %s', (name, message) => {
    expect([anyEngineFault.test(message), engineFaultOf(message)?.name]).toEqual([true, name])
  })

  it.each([
    '',
    "expected 'failed' to be 'succeeded' // Object.is equality",
    'Test timed out in 120000ms.',
    `POST /v1.41/containers/${id}/restart: 500 {"message":"restarting a container failed"}`,
    `GET /v1.41/containers/${id}/json: 404 {"message":"No such container: ${id}"}`,
    `can only stop created or running containers. ${id} is in state removing: container state improper`,
    `sending SIGKILL to container ${id}: no such process`,
    'the page was unable to freezeframe',
    'connect ECONNREFUSED 10.77.1.2:2375',
  ])('and not for: %s', (message) => {
    expect([anyEngineFault.test(message), engineFaultOf(message)]).toEqual([false, undefined])
  })
})
