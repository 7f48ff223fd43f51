import { describe, expect, it } from 'vitest'
import { emptySpec } from '../containers/spec.ts'
import { containerSpecSchema } from '../contracts/container-create.ts'
import { splitShellWords } from '../shell-words.ts'
import lines from './lines.json' with { type: 'json' }
import { parseDockerRun } from './parse.ts'
import { printRun } from './print.ts'

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
    expect(run).toMatchObject({ notes: [] })
    expect(run?.spec).toMatchObject(expected)
  })

  it('goes over lines, with comments of a shell and Windows line ends', () => {
    const line = 'docker run -d \\\r\n  --name web \\\n  -p 80:80 \\\n  nginx:1 # the web'
    expect(spec(line)).toMatchObject({ name: 'web', image: 'nginx:1' })
    expect(spec(line)?.command).toBeUndefined()
  })

  const notes = (line: string) => parseDockerRun(line)?.notes.map(({ kind, text }) => `${kind} ${text}`)

  it('names what the form has no place for and what it cannot read, with the place in the line', () => {
    const run = parseDockerRun(
      'docker run --isolation process --oom-kill-disable \\\n  -e HOME -m lots -p 80:x --surely new nginx',
    )
    expect(run?.spec).toEqual(emptySpec('nginx'))
    expect(run?.notes).toEqual([
      { kind: 'uncarried', text: '--isolation process', line: 1, column: 12 },
      { kind: 'uncarried', text: '--oom-kill-disable', line: 1, column: 32 },
      { kind: 'unreadable', text: '-e HOME', line: 2, column: 3 },
      { kind: 'unreadable', text: '-m lots', line: 2, column: 11 },
      { kind: 'unreadable', text: '-p 80:x', line: 2, column: 19 },
      { kind: 'uncarried', text: '--surely new', line: 2, column: 27 },
    ])
  })

  it.each([
    ['docker run -v "$PWD:/src" x', ['expansion $PWD']],
    ["docker run -e 'A=$B' x", []],
    ['docker run -u $(id -u):$(id -g) x', ['expansion $(id -u)', 'expansion $(id -g)']],
    ['docker run -v ~/a:/b x', ['expansion ~']],
    ['docker run -e {A,B}=1 x', ['expansion {A,B}']],
    ['docker run x > /dev/null 2>&1', ['outside > /dev/null', 'outside 2>&1']],
    [
      'docker pull x && docker run x | tee log; echo done',
      ['outside docker pull x', 'outside tee log', 'outside echo done'],
    ],
    ['docker run x\necho on the next line', ['outside echo on the next line']],
    [
      'DOCKER_HOST=ssh://a sudo -E -u bob docker --context far run x',
      ['uncarried DOCKER_HOST=ssh://a', 'uncarried -u bob', 'uncarried --context far'],
    ],
    [
      'docker run --network name=n,alias=a,alias=b,mac-address=02:42:ac:11:00:02 x',
      [
        'uncarried --network name=n,alias=a,alias=b,mac-address=02:42:ac:11:00:02: mac-address=02:42:ac:11:00:02',
      ],
    ],
    [
      'docker run --env-file a.env --label-file l x',
      ['uncarried --env-file a.env', 'uncarried --label-file l'],
    ],
    ['docker run --privileged=yes -t=2 x', ['unreadable --privileged=yes', 'unreadable -t=2']],
  ])('tells of %s', (line, expected) => {
    expect(notes(line)).toEqual(expected)
    expect(parseDockerRun(line)?.spec.image).toBe('x')
  })

  it.each(['docker exec web sh', 'docker compose up -d', 'sudo docker ps', 'podman build -t x .', 'docker'])(
    'is another command: %s',
    (line) => {
      expect(parseDockerRun(line)).toBeNull()
    },
  )

  it.each(['', 'docker run', 'docker run -it', 'docker run "nginx', '   '])('is none: %j', (line) => {
    expect(parseDockerRun(line)).toBeNull()
  })

  it.each(['docker', 'podman'] as const)(
    'says the same after being written and read again: %s',
    (flavour) => {
      const whole = containerSpecSchema.parse({
        image: 'registry.example/team/web:1',
        platform: 'linux/arm64',
        name: 'web',
        command: ['-c', "it's"],
        entrypoint: ['/bin/sh'],
        workdir: '/srv',
        user: '1000:1000',
        groups: ['audio'],
        hostname: 'w',
        env: [
          { name: 'A', value: 'x y\nz' },
          { name: 'EMPTY', value: '' },
        ],
        labels: [{ name: 'a.b', value: '$HOME "q"' }],
        tty: true,
        stdin: true,
        init: true,
        publishAll: true,
        privileged: true,
        readOnly: true,
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
        capAdd: ['NET_ADMIN'],
        capDrop: ['ALL'],
        securityOptions: ['no-new-privileges'],
        gpus: 'all',
        devices: [{ host: '/dev/a', container: '/dev/b', permissions: 'r' }],
        dns: ['1.1.1.1'],
        dnsSearch: ['x.y'],
        extraHosts: ['a:1.2.3.4'],
        sysctls: [{ name: 'net.core.somaxconn', value: '9' }],
        stopSignal: 'SIGINT',
        stopTimeout: 3,
        pidMode: 'host',
        ipcMode: 'private',
        utsMode: 'host',
        usernsMode: 'host',
      })
      const line = printRun(whole, { flavour, pull: 'always' })
      expect(parseDockerRun(line)).toEqual({
        flavour,
        spec: whole,
        pull: 'always',
        notes: [],
      })
      expect(parseDockerRun(printRun(emptySpec('x'), { flavour }))?.spec).toEqual(emptySpec('x'))
    },
  )
})

/**
 * `made` and the specs are what the programs make of these lines on engines of the lab, which
 * server/features/containers/run-lines.engine.test.ts compares.
 */
describe('what the real programs make of a line', () => {
  it.each(lines.map((row) => [row.line, row] as const))('%s', (line, row) => {
    const run = parseDockerRun(line)
    expect(run?.notes.map(({ kind, text }) => `${kind}: ${text}`) ?? []).toEqual(
      'notes' in row ? row.notes : [],
    )
    expect(run?.pull).toBe('pull' in row ? row.pull : undefined)
    expect(run?.spec ?? null).toEqual(row.spec && { ...emptySpec(), ...row.spec })
  })

  it('never makes anything of what they refuse', () => {
    // That one is refused by the engine, which has no ids left to give.
    const refused = lines.filter(({ made, line }) => !made && !line.includes('--userns auto'))
    const silent = refused.filter(({ line }) => parseDockerRun(line)?.notes.length === 0)
    expect(silent.map(({ line }) => line)).toEqual([])
  })
})

describe('words of a shell', () => {
  it.each([
    [String.raw`a\ b 'c\d' "e\"f\g"`, ['a b', String.raw`c\d`, String.raw`e"f\g`]],
    [`''  "" a''b`, ['', '', 'ab']],
    ['a #b\nc d#e', ['a', 'c', 'd#e']],
    [String.raw`$'a\nb\x41\'\u00e9' $"x" a;b`, ["a\nbA'é", 'x', 'a;b']],
    ['a ^\r\nb C:\\d "q\\"r"', ['a', 'b', 'C:\\d', 'q"r']],
  ])('%j', (text, words) => {
    expect(splitShellWords(text).words).toEqual(words)
  })
})
