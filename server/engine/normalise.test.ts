import { describe, expect, it } from 'vitest'
import {
  fromHistory,
  fromImageList,
  fromLibpodNetwork,
  fromNetwork,
  fromPod,
  fromVolume,
} from './normalise.ts'

const id = '2687048696dda4534f9b90209ba4797db268c6afb51acfac259f253be00c218b'

describe('images', () => {
  it('Docker 20.10', () => {
    expect(
      fromImageList({
        Created: 1768469400,
        Id: `sha256:${id}`,
        Labels: null,
        RepoDigests: null,
        RepoTags: ['lab.internal/web:latest', 'lab.internal/web:2.0'],
        SharedSize: -1,
        Size: 1984243,
      }),
    ).toEqual({
      id: `sha256:${id}`,
      tags: ['lab.internal/web:2.0', 'lab.internal/web:latest'],
      repoDigests: [],
      labels: {},
      createdAt: '2026-01-15T09:30:00Z',
      size: 1984243,
      sharedSize: null,
      os: null,
      arch: null,
      platforms: null,
    })
  })

  it('Podman 5.4, which tells the platform and no algorithm', () => {
    const digest = 'lab.internal/web@sha256:b62ab990499f8735fb98593951d878336871cd0b210502a5baf4d413612b6fb7'
    expect(
      fromImageList({
        Id: id,
        RepoTags: ['lab.internal/web:2.0'],
        RepoDigests: [digest],
        Created: 1768469400,
        Size: 2141853,
        SharedSize: 0,
        Labels: null,
        Arch: 'amd64',
        Os: 'linux',
      }),
    ).toMatchObject({
      id: `sha256:${id}`,
      repoDigests: [digest],
      sharedSize: null,
      os: 'linux',
      arch: 'amd64',
    })
  })

  it('Podman’s references by digest among the tags, which are digests', () => {
    const digest = `lab.internal/web@sha256:${id}`
    const row = { Id: id, Created: 1768469400, Size: 1, RepoDigests: [digest] }
    expect(fromImageList({ ...row, RepoTags: [digest, 'lab.internal/web:1'] })).toMatchObject({
      tags: ['lab.internal/web:1'],
      repoDigests: [digest],
    })
  })

  it('a dangling one, as Docker before 23 writes it and as others do', () => {
    const none = {
      Id: `sha256:${id}`,
      RepoTags: ['<none>:<none>'],
      RepoDigests: ['<none>@<none>'],
      Created: 0,
      Size: 1,
    }
    expect(fromImageList(none)).toMatchObject({ tags: [], repoDigests: [], createdAt: null })
    expect(fromImageList({ ...none, RepoTags: null, RepoDigests: null })).toMatchObject({ tags: [] })
  })

  it('a shared size that was computed', () => {
    expect(fromImageList({ Id: `sha256:${id}`, Created: 1, Size: 9, SharedSize: 4 }).sharedSize).toBe(4)
  })

  it.each(['../x', 'sha256:sha256', `sha256:${id.toUpperCase()}`, ''])('no id like %j', (bad) => {
    expect(() => fromImageList({ Id: bad, Created: 1, Size: 1 })).toThrow(TypeError)
  })
})

describe('history', () => {
  it.each([
    [
      'Docker',
      {
        Comment: '',
        Created: 1768469400,
        CreatedBy: 'ADD busybox /bin',
        Id: '<missing>',
        Size: 1984226,
        Tags: null,
      },
      '',
    ],
    [
      'Podman 4.3',
      { Id: id, Created: 1768469400, CreatedBy: 'ADD busybox /bin', Tags: null, Size: 1984226, Comment: '' },
      `sha256:${id}`,
    ],
    [
      'Podman 5.4',
      {
        Id: `sha256:${id}`,
        Created: 1768469400,
        CreatedBy: 'ADD busybox /bin',
        Tags: null,
        Size: 1984226,
        Comment: '',
      },
      `sha256:${id}`,
    ],
  ])('%s', (_name, raw, layer) => {
    const expected = {
      createdAt: '2026-01-15T09:30:00Z',
      createdBy: 'ADD busybox /bin',
      size: 1984226,
      comment: '',
      tags: [],
    }
    expect(fromHistory(raw)).toEqual({ id: layer, ...expected })
  })
})

describe('the rest', () => {
  it('volumes are named', () => {
    const raw = { Name: 'data', Driver: 'local', CreatedAt: '2026-11-20T23:45:01Z', Labels: null }
    expect(fromVolume(raw)).toEqual({
      id: 'data',
      driver: 'local',
      createdAt: '2026-11-20T23:45:01Z',
      labels: {},
    })
  })

  it('networks of either API', () => {
    const network = {
      id,
      name: 'podman',
      driver: 'bridge',
      internal: false,
      createdAt: '2026-11-20T23:45:01Z',
      labels: {},
    }
    const created = '2026-11-20T23:45:01.728024542Z'
    expect(
      fromNetwork({
        Id: id,
        Name: 'podman',
        Driver: 'bridge',
        Created: created,
        Internal: false,
        Labels: {},
      }),
    ).toEqual(network)
    expect(fromLibpodNetwork({ id, name: 'podman', driver: 'bridge', created, internal: false })).toEqual(
      network,
    )
  })

  it('pods with their containers', () => {
    const raw = {
      Id: id,
      Name: 'shop',
      Status: 'Created',
      Created: '2026-11-21T00:38:32.782061718Z',
      Containers: [{ Id: 'c' }],
      Labels: {},
    }
    expect(fromPod(raw)).toEqual({
      id,
      name: 'shop',
      state: 'created',
      createdAt: '2026-11-21T00:38:32Z',
      containerIds: ['c'],
      labels: {},
    })
  })
})
