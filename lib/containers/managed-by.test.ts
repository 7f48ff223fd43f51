import { describe, expect, it } from 'vitest'
import { isUndone, managerCommand, managerOf, undoerOf } from './managed-by.ts'

const systemd = { PODMAN_SYSTEMD_UNIT: 'immich.service', 'io.containers.autoupdate': 'registry' }
const swarm = { 'com.docker.swarm.service.name': 'shop_web', 'com.docker.swarm.task.id': 'x' }
const kubernetes = { 'io.kubernetes.pod.name': 'web-0', 'io.kubernetes.pod.namespace': 'shop' }
const nomad = { 'com.hashicorp.nomad.alloc_id': 'a1', 'com.hashicorp.nomad.job_name': 'web' }
const compose = { 'com.docker.compose.project': 'my shop', 'com.docker.compose.service': 'api' }
const portainer = { ...compose, 'com.docker.compose.project.working_dir': '/data/compose/12' }
const podmanCompose = { ...compose, 'io.podman.compose.project': 'my shop' }

describe('what looks after a container', () => {
  it.each([
    [systemd, { kind: 'systemd', name: 'immich.service', updates: true }, 'systemctl stop immich.service'],
    [swarm, { kind: 'swarm', name: 'shop_web', updates: false }, 'docker service scale shop_web=0'],
    [kubernetes, { kind: 'kubernetes', name: 'web-0', updates: false }, 'kubectl -n shop delete pod web-0'],
    [nomad, { kind: 'nomad', name: 'web', updates: false }, 'nomad job stop web'],
    [compose, { kind: 'compose', name: 'my shop', updates: false }, "docker compose -p 'my shop' stop api"],
    [portainer, { kind: 'portainer', name: 'my shop', updates: false }, null],
    [podmanCompose, { kind: 'compose', name: 'my shop' }, "podman-compose -p 'my shop' stop api"],
  ])('%j', (labels, manager, command) => {
    expect(managerOf({ labels: labels as Record<string, string> })).toMatchObject(manager)
    expect(managerCommand('stop', { labels: labels as Record<string, string> })).toBe(command)
  })

  it('is nothing without its labels', () => {
    expect(managerOf({ labels: { 'io.containers.autoupdate': 'registry' } })).toBeNull()
    expect(managerCommand('stop', { labels: {} })).toBeNull()
  })

  it('undoes what it did not do; compose only what its next run finds changed', () => {
    const by = (labels: Record<string, string>) =>
      managerOf({ labels }) as NonNullable<ReturnType<typeof managerOf>>
    expect(isUndone('stop', by(systemd))).toBe(true)
    expect(isUndone('restart', by(systemd))).toBe(false)
    expect(isUndone('stop', by(compose))).toBe(false)
    expect(isUndone('rename', by(compose))).toBe(true)
    expect(undoerOf('stop', { labels: systemd })?.kind).toBe('systemd')
    expect(undoerOf('stop', { labels: portainer })).toBeNull()
    expect(undoerOf('remove', { labels: portainer })?.kind).toBe('portainer')
    expect(undoerOf('update', { labels: systemd })?.kind).toBe('systemd')
    expect(managerCommand('update', { labels: systemd })).toBeNull()
  })
})
