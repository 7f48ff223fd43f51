import { describe, expect, it } from 'vitest'
import { emptySpec } from './container-spec.ts'
import { containerSpecSchema } from './contracts/container-create.ts'
import { parseDockerRun } from './docker-run-parse.ts'
import { printRun } from './docker-run-print.ts'
import { splitShellWords } from './shell-words.ts'

const spec = (text: string) => parseDockerRun(text)?.spec

describe('a docker run line', () => {
  it.each([
    ['docker run nginx', { image: 'nginx' }],
    ['$ sudo docker container run -d --rm alpine:3 sleep 5', { autoRemove: true, command: ['sleep', '5'] }],
    ['podman --log-level debug run -it busybox sh', { tty: true, stdin: true, command: ['sh'] }],
    ['run nginx', { image: 'run', command: ['nginx'] }],
    ['nginx', { image: 'nginx' }],
    ['docker run -itd --name=web nginx', { name: 'web', tty: true, stdin: true }],
    ['docker run --tty=false nginx', { tty: false }],
    [
      'docker run -p 8080:80 -p 127.0.0.1::53/udp -p "[::1]:9:9" -p 443 x',
      {
        ports: [
          { hostIp: '', hostPort: '8080', containerPort: 80, protocol: 'tcp' },
          { hostIp: '127.0.0.1', hostPort: '', containerPort: 53, protocol: 'udp' },
          { hostIp: '::1', hostPort: '9', containerPort: 9, protocol: 'tcp' },
          { hostIp: '', hostPort: '', containerPort: 443, protocol: 'tcp' },
        ],
      },
    ],
    [
      'docker run -p 8000-8001:80-81 -p 3000-3010:3000 x',
      {
        ports: [
          { hostIp: '', hostPort: '8000', containerPort: 80, protocol: 'tcp' },
          { hostIp: '', hostPort: '8001', containerPort: 81, protocol: 'tcp' },
          { hostIp: '', hostPort: '3000-3010', containerPort: 3000, protocol: 'tcp' },
        ],
      },
    ],
    [
      'docker run -v data:/var/lib -v /etc/x:/x:ro,z -v /anon --tmpfs /run:size=64m,mode=700 x',
      {
        mounts: [
          { type: 'volume', source: 'data', target: '/var/lib', readOnly: false, options: [] },
          { type: 'bind', source: '/etc/x', target: '/x', readOnly: true, options: ['z'] },
          { type: 'volume', source: '', target: '/anon', readOnly: false, options: [] },
          { type: 'tmpfs', source: '', target: '/run', readOnly: false, options: ['size=64m', 'mode=700'] },
        ],
      },
    ],
    [
      'docker run --mount type=bind,src=/a,dst=/b,readonly,bind-propagation=rshared x',
      { mounts: [{ type: 'bind', source: '/a', target: '/b', readOnly: true, options: ['rshared'] }] },
    ],
    [
      `docker run -e A=1 --env 'B=two words' -eC=3 -e A=4 x`,
      {
        env: [
          { name: 'B', value: 'two words' },
          { name: 'C', value: '3' },
          { name: 'A', value: '4' },
        ],
      },
    ],
    [
      'docker run -m 512m --memory-swap=-1 --cpus .5 --pids-limit 100 x',
      {
        limits: { memory: 536_870_912, memorySwap: -1, cpus: 0.5, pids: 100 },
      },
    ],
    ['docker run --restart on-failure:3 x', { restart: { policy: 'on-failure', retries: 3 } }],
    ['docker run --network host x', { networks: [{ name: 'host', aliases: [], ip: '' }] }],
    [
      'docker run --ip 10.0.0.7 --network one --network-alias a --network name=two,alias=b,ip=10.1.0.2 x',
      {
        networks: [
          { name: 'one', aliases: ['a'], ip: '10.0.0.7' },
          { name: 'two', aliases: ['b'], ip: '10.1.0.2' },
        ],
      },
    ],
    [
      'docker run --health-interval=1m30s --health-cmd "curl -f localhost" --health-retries 3 x',
      {
        health: {
          test: ['CMD-SHELL', 'curl -f localhost'],
          interval: 90,
          timeout: 0,
          startPeriod: 0,
          retries: 3,
        },
      },
    ],
    [
      'docker run --no-healthcheck x',
      { health: { test: ['NONE'], interval: 0, timeout: 0, startPeriod: 0, retries: 0 } },
    ],
    ['docker run --entrypoint "" x sh', { entrypoint: [], command: ['sh'] }],
    [
      'docker run --log-opt max-size=10m --log-driver local x',
      {
        log: { driver: 'local', options: [{ name: 'max-size', value: '10m' }] },
      },
    ],
    [
      'docker run --device /dev/snd --device /dev/a:/dev/b:r --ulimit nofile=1:2 x',
      {
        devices: [
          { host: '/dev/snd', container: '/dev/snd', permissions: 'rwm' },
          { host: '/dev/a', container: '/dev/b', permissions: 'r' },
        ],
        ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
      },
    ],
    ['docker run -- -odd', { image: '-odd' }],
  ])('%s', (line, expected) => {
    const run = parseDockerRun(line)
    expect(run).toMatchObject({ unknown: [], unreadable: [] })
    expect(run?.spec).toMatchObject(expected)
  })

  it('goes over lines, with comments of a shell and Windows line ends', () => {
    const line = 'docker run -d \\\r\n  --name web \\\n  -p 80:80 \\\n  nginx:1 # the web'
    expect(spec(line)).toMatchObject({ name: 'web', image: 'nginx:1' })
    expect(spec(line)?.command).toBeUndefined()
  })

  it('names what the form has no place for, and what it cannot read', () => {
    const run = parseDockerRun(
      'docker run --isolation process --oom-kill-disable -e HOME -m lots -p 80:x nginx',
    )
    expect(run).toMatchObject({
      spec: { image: 'nginx' },
      unknown: ['--isolation', '--oom-kill-disable'],
      unreadable: ['-e HOME', '-m lots', '-p 80:x'],
    })
  })

  it('tells that a shell would have put something else', () => {
    expect(parseDockerRun('docker run -v "$PWD:/src" x')).toMatchObject({ hasExpansion: true })
    expect(parseDockerRun("docker run -e 'A=$B' x")).toMatchObject({ hasExpansion: false })
  })

  it.each(['', 'docker run', 'docker run -it', 'docker run "nginx', '   '])('is none: %j', (line) => {
    expect(parseDockerRun(line)).toBeNull()
  })

  it.each(['docker', 'podman'] as const)(
    'says the same after being written and read again: %s',
    (flavour) => {
      const whole = containerSpecSchema.parse({
        ...{
          image: 'registry.example/team/web:1',
          platform: 'linux/arm64',
          name: 'web',
          command: ['-c', "it's"],
        },
        ...{ entrypoint: ['/bin/sh'], workdir: '/srv', user: '1000:1000', groups: ['audio'], hostname: 'w' },
        env: [
          { name: 'A', value: 'x y\nz' },
          { name: 'EMPTY', value: '' },
        ],
        labels: [{ name: 'a.b', value: '$HOME "q"' }],
        ...{ tty: true, stdin: true, init: true, publishAll: true, privileged: true, readOnly: true },
        ports: [
          { hostIp: '::1', hostPort: '8080', containerPort: 80, protocol: 'udp' },
          { hostIp: '10.0.0.1', containerPort: 81 },
        ],
        mounts: [
          { type: 'bind', source: '/a b', target: '/c', readOnly: true, options: ['z'] },
          { type: 'volume', source: '', target: '/anon' },
          { type: 'tmpfs', target: '/run', options: ['size=64m'] },
        ],
        networks: [{ name: 'one', aliases: ['a', 'b'], ip: '10.0.0.7' }, { name: 'two' }],
        restart: { policy: 'on-failure', retries: 3 },
        limits: {
          memory: 1000,
          memoryReservation: 2048,
          memorySwap: -1,
          cpus: 1.5,
          cpuShares: 9,
          cpuset: '0-1',
          pids: 7,
          shmSize: 65_536,
        },
        ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
        health: {
          test: ['CMD-SHELL', 'curl -f x'],
          interval: 90.5,
          timeout: 3,
          startPeriod: 3600,
          retries: 2,
        },
        log: { driver: 'json-file', options: [{ name: 'max-size', value: '1m' }] },
        ...{ capAdd: ['NET_ADMIN'], capDrop: ['ALL'], securityOptions: ['no-new-privileges'], gpus: 'all' },
        devices: [{ host: '/dev/a', container: '/dev/b', permissions: 'r' }],
        ...{
          dns: ['1.1.1.1'],
          dnsSearch: ['x.y'],
          extraHosts: ['a:1.2.3.4'],
          sysctls: [{ name: 'net.core.somaxconn', value: '9' }],
        },
        ...{
          stopSignal: 'SIGINT',
          stopTimeout: 3,
          pidMode: 'host',
          ipcMode: 'private',
          utsMode: 'host',
          usernsMode: 'host',
        },
      })
      const line = printRun(whole, { flavour, pull: 'always' })
      expect(parseDockerRun(line)).toEqual({
        ...{ spec: whole, pull: 'always', unknown: [], unreadable: [], hasExpansion: false },
      })
      expect(parseDockerRun(printRun(emptySpec('x'), { flavour }))?.spec).toEqual(emptySpec('x'))
    },
  )
})

describe('words of a shell', () => {
  it.each([
    [String.raw`a\ b 'c\d' "e\"f\g"`, ['a b', String.raw`c\d`, String.raw`e"f\g`]],
    [`''  "" a''b`, ['', '', 'ab']],
    ['a #b\nc d#e', ['a', 'c', 'd#e']],
  ])('%j', (text, words) => {
    expect(splitShellWords(text).words).toEqual(words)
  })
})
