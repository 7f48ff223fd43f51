import { describe, expect, it } from 'vitest'
import { hideBuildValues, hideLabels, hideText, hideValues, hideWords } from './redact.ts'

const shown = <T>(document: T): T => {
  const copy = structuredClone(document)
  hideValues(copy)
  return copy
}

describe('what a document shows', () => {
  it('of an environment is the names alone', () => {
    const document = {
      Config: { Env: ['PASSWORD=canary', 'EMPTY=', 'BARE', 'A=b=c'], Cmd: ['x'] },
      ContainerConfig: { Env: ['PASSWORD=canary'] },
    }
    expect(shown(document)).toEqual({
      Config: { Env: ['PASSWORD=', 'EMPTY=', 'BARE=', 'A='], Cmd: ['x'] },
      ContainerConfig: { Env: ['PASSWORD='] },
    })
  })

  it.each([
    [
      'arguments',
      { Path: 'app', Args: ['--password', 'canary'], Config: { Cmd: ['app', '--token=canary'] } },
    ],
    [
      'an entrypoint, a health check and its output',
      {
        Config: {
          Entrypoint: ['app', '-p', 'canary'],
          Healthcheck: { Test: ['CMD-SHELL', 'curl -u a:canary x'] },
        },
        State: { Health: { Log: [{ Output: 'token=canary' }] } },
      },
    ],
    ['labels', { Config: { Labels: { 'db.password': 'canary', url: 'https://a:canary@b/', users: 'x' } } }],
    ['an engine', { Labels: ['db.password=canary', 'url=https://a:canary@b/', 'rack=4', 'bare'] }],
    [
      'a plugin',
      {
        Config: {
          Args: { Name: 'args', Settable: ['value'], Value: ['--token', 'canary'] },
          Env: [{ Name: 'TOKEN', Settable: ['value'], Value: 'canary' }],
        },
        Settings: { Args: ['--token=canary'], Env: ['TOKEN=canary'] },
      },
    ],
    ['a list of containers', [{ Command: 'app --secret canary', Labels: { apikey: 'canary' } }]],
    ['a log driver', { HostConfig: { LogConfig: { Type: 'splunk', Config: { 'splunk-token': 'canary' } } } }],
    ['volumes', { Volumes: [{ Mountpoint: '/x', Options: { o: 'addr=1,password=canary' } }] }],
    [
      'a mount',
      { HostConfig: { Mounts: [{ VolumeOptions: { DriverConfig: { Options: { o: 'canary' } } } }] } },
    ],
    ['history', [{ CreatedBy: 'ENV A=canary' }, { CreatedBy: '/bin/sh -c curl https://u:canary@h/x' }]],
    ['processes', { Titles: ['CMD'], Processes: [['1', 'mysqld --root-password=canary']] }],
    [
      'an event',
      {
        status: 'exec_create: sh -c login --password canary',
        Action: 'exec_create: sh -c login --password canary',
        Actor: { Attributes: { 'my.token': 'canary' } },
      },
    ],
    ['anything', { any: [{ where: ['git+https://u:canary@h/r.git'] }] }],
  ])('of %s is no secret', (_what, document) => {
    expect(JSON.stringify(shown(document))).not.toContain('canary')
  })

  it('is all that is no secret', () => {
    const network = {
      Name: 'n',
      Options: { mtu: '1500' },
      Labels: { a: 'b', 'org.opencontainers.image.authors': 'x' },
    }
    expect(shown(network)).toEqual(network)
    expect(shown({ Mounts: [{ Source: '/a', Options: ['nosuid'] }], Image: 'a/secret:1' })).toEqual({
      Mounts: [{ Source: '/a', Options: ['nosuid'] }],
      Image: 'a/secret:1',
    })
  })

  it('has the form that it had, which clients read by', () => {
    const engine = { Labels: ['rack=4', 'bare', 'of=a=b'], Options: [], Args: [{ Value: null }] }
    expect(shown(engine)).toEqual(engine)
    expect(shown({ Labels: [], Env: [{ Name: 'A', Value: 'x' }], Args: { Name: 'b', Value: [] } })).toEqual({
      Labels: [],
      Env: [{ Name: 'A', Value: '' }],
      Args: { Name: 'b', Value: [] },
    })
  })

  it.each([
    null,
    'x',
    1,
    {},
    { Config: null },
    { Config: { Env: null, Cmd: null, Labels: null } },
    [[], [null]],
  ])('bears %j', (document) => {
    expect(shown(document)).toEqual(document)
  })
})

describe('a command line', () => {
  it.each([
    ['app --password=x --port=80', 'app --password=*** --port=80'],
    ['app --password x', 'app --password ***'],
    ['app --db-password "two words" -v', 'app --db-password *** -v'],
    ['app -p x', 'app -p ***'],
    ['app -p 8080:80/tcp', 'app -p 8080:80/tcp'],
    ['mysqldump -uroot -phunter2 db', 'mysqldump -uroot -p*** db'],
    ['curl -u ada:x h', 'curl -u ada:*** h'],
    ['curl -H "Authorization: Bearer x" h', 'curl -H "Authorization: Bearer ***" h'],
    ['curl -H X-Api-Key:x h', 'curl -H X-Api-Key:*** h'],
    ['API_TOKEN=x B=c app', 'API_TOKEN=*** B=c app'],
    ['run --env=PASSWORD=x', 'run --env=PASSWORD=***'],
    ['java -Ddb.password=x -jar a.jar', 'java -Ddb.password=*** -jar a.jar'],
    ['git clone https://u:x@h/r?token=y&z=1', 'git clone https://***@h/r?token=***&z=1'],
    ['psql "host=h password=x"', 'psql "host=h password=***"'],
    [`sh -c 'login --token x; sleep 1'`, `sh -c 'login --token *** sleep 1'`],
    [`echo '{"password":"x","a":1}'`, `echo '{"password":***,"a":1}'`],
    [`it isn't --password x`, `it isn't --password ***`],
    ["nginx -g 'daemon off;'", "nginx -g 'daemon off;'"],
    ['redis-server *:6379', 'redis-server *:6379'],
    ['  a   b  ', '  a   b  '],
    ['', ''],
  ])('%j is shown as %j', (text, expected) => {
    expect(hideText(text)).toBe(expected)
  })

  it('in words is one of words', () => {
    expect(hideWords(['sh', '-c', 'mysql --password=x && y', '--token', 'a b', '', 'c'])).toEqual([
      'sh',
      '-c',
      'mysql --password=*** && y',
      '--token',
      '***',
      '',
      'c',
    ])
  })

  it.each([
    '=',
    ':',
    '"',
    "' ",
    '://',
    '://@',
    '--password ',
    'a=',
    'pass',
    ' ',
    '\\',
    '{',
    '@',
    '-p ',
    '|1 A="',
    '\t\n',
    '\'"',
    '?token=',
    'https://a:b@c ',
  ])('of many characters of %j is read', (piece) => {
    const text = piece.repeat(Math.ceil(2e5 / piece.length))
    expect(hideText(text).length).toBeGreaterThan(0)
    expect(hideBuildValues(`ENV ${text}`).length).toBeGreaterThan(0)
  })
})

it.each([
  ['ENV PASSWORD=hunter2 PATH=/bin', 'ENV PASSWORD= PATH='],
  ['/bin/sh -c #(nop)  ENV PASSWORD=hunter2', '/bin/sh -c #(nop)  ENV PASSWORD='],
  ['ENV NOTE="two words" B=\'c d\'', 'ENV NOTE= B='],
  ['|2 TOKEN=abc USER=ada /bin/sh -c make', '|2 TOKEN= USER= /bin/sh -c make'],
  ['RUN |2 TOKEN=abc USER=ada /bin/sh -c make', 'RUN |2 TOKEN= USER= /bin/sh -c make'],
  ['RUN make PREFIX=/usr', 'RUN make PREFIX=/usr'],
  ['RUN curl -u ada:x h', 'RUN curl -u ada:*** h'],
  ['COPY www /www', 'COPY www /www'],
])('%j is shown as %j', (step, expected) => {
  expect(hideBuildValues(step)).toBe(expected)
})

it('takes from Podman what made a container as from its environment, and an image’s history where it inspects it', () => {
  const container = {
    Config: {
      CreateCommand: [
        'podman',
        'run',
        '-e',
        'A=canary',
        '--env=B=canary',
        '-eC=canary',
        '-ite',
        'D=canary',
        '-deE=canary',
        'web',
      ],
    },
  }
  hideValues(container)
  expect(container.Config.CreateCommand.join(' ')).toBe('podman run -e A= --env=B= -eC= -ite D= -deE= web')
  const image = { History: [{ created_by: '/bin/sh -c #(nop)  ENV A=canary' }] }
  hideValues(image)
  expect(image.History).toEqual([{ created_by: '/bin/sh -c #(nop)  ENV A=' }])
})

it('looks at so much of a value, and shows no more than it looked at', () => {
  const long = `--password=x ${'a=b '.repeat(250_000)}`
  // Not the clock on the wall: what else the machine does is not ours.
  const began = process.cpuUsage()
  const shown = hideText(long)
  const labels = hideLabels(
    Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`l${n}`, `v=${n} `.repeat(30)])),
  )
  const words = hideWords(Array.from({ length: 100_000 }, () => 'token=abc'))
  const { user, system } = process.cpuUsage(began)
  expect((user + system) / 1000).toBeLessThan(2000)
  expect(shown).toMatch(/^--password=\*\*\* a=b .*… \(\d+ more characters, not shown\)$/)
  expect([shown.length < 9000, Object.keys(labels).length]).toEqual([true, 40_000])
  expect(labels.l39999).toContain('not shown')
  expect(words.at(-1)).toContain('more, not shown')
  expect(words.join(' ')).not.toContain('abc')
})
