import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StartedEngine, startEngine } from '#e2e/lab/engines.ts'
import { type LabHost, makeHost } from '#e2e/lab/host.ts'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addHosts } from '../testing/lab-hosts.ts'

/** An address of the lab's that none of its hosts has. */
const place = 90
const folder = mkdtempSync(join(tmpdir(), 'roadstead-swarm-'))
let test: AppUnderTest
let host: LabHost
let engine: StartedEngine

beforeAll(async () => {
  // An engine of its own: what has been part of a swarm is not as before.
  host = await makeHost('swarm', place, folder)
  const newer = await ensureNewerEngine('docker28', () => {})
  engine = await startEngine(
    { name: 'docker28-tcp', kind: 'docker', newer: 'docker28', listen: 'tcp' },
    host,
    newer,
  )
  test = await startApp()
  await test.setUp()
  await addHosts(test, [{ name: 'swarm', transport: { kind: 'tcp', host: host.address, port: 2375 } }])
  const { json } = await test.call('POST', '/api/account/tokens', {
    name: 'swarm',
    hours: 1,
    permissions: permissions.filter((name) => name !== 'users.edit'),
  })
  const config = { HttpHeaders: { Authorization: `Bearer ${(json as MadeToken).token}` } }
  mkdirSync(join(folder, 'client'))
  writeFileSync(join(folder, 'client/config.json'), JSON.stringify(config))
})
afterAll(async () => {
  await test?.close()
  if (host) {
    // The end of its pid 1 is the end of all that ran there.
    process.kill(host.pid, 'SIGKILL')
    await run('ip', ['netns', 'delete', host.netns], { check: false })
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

const cli = (address: string, args: string[], input?: string) =>
  run('/usr/bin/docker', args, {
    check: false,
    ...(input === undefined ? {} : { input }),
    env: { ...process.env, HOME: folder, DOCKER_CONFIG: join(folder, 'client'), DOCKER_HOST: address },
  })
const direct = (args: string[]) => cli(`unix://${engine.localSocketPath}`, args)
const through = (args: string[], input?: string) =>
  cli(`${test.origin.replace('http:', 'tcp:')}/h/swarm`, args, input)

/** Done by the gateway; afterwards each reading command says the same on both ways. */
const day: { does: string[]; input?: string; read: string[][] }[] = [
  {
    does: ['swarm', 'init', '--advertise-addr', 'eth0'],
    read: [
      ['node', 'ls'],
      ['node', 'inspect', 'self'],
      ['swarm', 'join-token', 'worker'],
      ['info', '--format', '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}} {{.Swarm.Managers}}'],
    ],
  },
  {
    does: ['swarm', 'update', '--task-history-limit', '3'],
    read: [['info', '--format', '{{json .Swarm.Cluster}}']],
  },
  { does: ['node', 'update', '--label-add', 'zone=a', 'swarm'], read: [['node', 'inspect', 'self']] },
  {
    does: ['network', 'create', '--driver', 'overlay', '--attachable', 'mesh'],
    read: [
      ['network', 'inspect', 'mesh'],
      ['network', 'ls', '--filter', 'scope=swarm', '--format', '{{.Name}} {{.Driver}}'],
    ],
  },
  { does: ['secret', 'create', 'word', '-'], input: 'open sesame', read: [['secret', 'inspect', 'word']] },
  { does: ['config', 'create', 'site', '-'], input: 'listen 80', read: [['config', 'inspect', 'site']] },
  {
    does: [
      'service',
      'create',
      '--detach',
      '--no-resolve-image',
      '--replicas',
      '0',
      '--name',
      'web',
      '--secret',
      'word',
      '--config',
      'site',
      '--network',
      'mesh',
      '--publish',
      '8080:80',
      'busybox',
      'top',
    ],
    read: [
      ['service', 'ls'],
      ['service', 'inspect', 'web'],
      ['service', 'ps', 'web'],
    ],
  },
  {
    does: ['service', 'update', '--detach', '--label-add', 'a=b', 'web'],
    read: [['service', 'inspect', 'web']],
  },
  { does: ['service', 'scale', '--detach', 'web=0'], read: [['service', 'ls']] },
  { does: ['secret', 'rm', 'word'], read: [['secret', 'ls', '--format', '{{.Name}}']] },
  {
    does: ['service', 'rm', 'web'],
    read: [
      ['service', 'ls'],
      ['service', 'inspect', 'web'],
    ],
  },
  { does: ['secret', 'rm', 'word'], read: [['secret', 'inspect', 'word']] },
  { does: ['config', 'rm', 'site'], read: [['config', 'ls', '--format', '{{.Name}}']] },
  {
    does: ['swarm', 'leave', '--force'],
    read: [
      ['node', 'ls'],
      ['info', '--format', '{{.Swarm.LocalNodeState}}'],
    ],
  },
]
/** A secret that a service has is not removed, and the engine's words for that come through. */
const refused = 'secret rm word'

describe('a day with a swarm', () => {
  it('is by the gateway as at the engine', async () => {
    let refusals = 0
    for (const { does, input, read } of day) {
      const args = does.map((word) => (word === 'eth0' ? host.address : word))
      const done = await through(args, input)
      if (does.join(' ') === refused && refusals++ === 0)
        expect([does, done.code, done.stderr]).toEqual([
          does,
          1,
          expect.stringContaining('in use by the following service'),
        ])
      else expect([does, done.code, done.stderr]).toEqual([does, 0, ''])
      for (const each of read) expect([each, await through(each)]).toEqual([each, await direct(each)])
    }
  })
})
