import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { TerminalClientFrame, TerminalServerFrame } from '#lib/contracts/terminal.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../../testing/app-under-test.ts'
import { itAt } from '../../testing/it-at.ts'
import { labTransport } from '../../testing/lab-hosts.ts'
import { sampledEngines, sampleOf } from '../../testing/whole-tables.ts'

const prefix = `term-${randomUUID().slice(0, 8)}`
let test: AppUnderTest
const hosts = new Map<EngineName, string>()
const made: (() => Promise<unknown>)[] = []
const open: Terminal[] = []

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const name of new Set<EngineName>([...sampledEngines, 'docker-tls'])) {
    const answer = await test.call('POST', '/api/hosts', { name, transport: labTransport(name) })
    hosts.set(name, (answer.json as Host).id)
  }
})
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.socket.terminate()
})
afterAll(async () => {
  await test.close()
  await Promise.all(made.map((remove) => remove().catch(() => {})))
})

async function run(engine: EngineName, name: string, more: object = {}): Promise<string> {
  const socketPath = labEngine(engine).localSocketPath
  const body = { Image: labImages.busybox, Cmd: ['sleep', '600'], ...more }
  const { Id } = await engineCall<{ Id: string }>(
    socketPath,
    'POST',
    `/v1.41/containers/create?name=${prefix}-${name}`,
    body,
  )
  made.push(() => removeContainer(engine, Id))
  await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
  await expect.poll(() => test.app.live.fleet.get('containers', hosts.get(engine) ?? '', Id)).toBeDefined()
  return Id
}

/** A command each time, which is work for the machine. */
const bySecondWitness = { interval: 400 }

type Start = Omit<Extract<TerminalClientFrame, { type: 'start' }>, 'type' | 'columns' | 'rows' | 'mode'>

/** A browser's end of a terminal. */
class Terminal {
  readonly socket: WebSocket
  readonly frames: TerminalServerFrame[] = []
  bytes = Buffer.alloc(0)
  takes = true

  constructor(
    engine: EngineName,
    containerId: string,
    start: Start & { mode?: 'exec' | 'attach'; resumes?: string; from?: number; cookie?: string } = {},
  ) {
    const { resumes, from = 0, cookie = test.cookie, ...fresh } = start
    const query = new URLSearchParams({ hostId: hosts.get(engine) ?? '', containerId })
    this.socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/terminal?${query}`, {
      headers: { cookie, origin: test.origin },
    })
    open.push(this)
    const size = { columns: 100, rows: 30 }
    this.socket.on('open', () => {
      if (resumes !== undefined) this.say({ type: 'resume', id: resumes, from, ...size })
      else this.say({ type: 'start', mode: 'exec', ...size, ...fresh })
    })
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) this.frames.push(JSON.parse(String(data)))
      else {
        this.bytes = Buffer.concat([this.bytes, data])
        if (this.takes) this.say({ type: 'taken', bytes: data.length })
      }
    })
  }

  say(frame: TerminalClientFrame): void {
    this.socket.send(JSON.stringify(frame))
  }

  type(text: string | Buffer): void {
    const bytes = Buffer.from(text as string)
    for (let at = 0; at < bytes.length; at += 32_768) this.socket.send(bytes.subarray(at, at + 32_768))
  }

  get text(): string {
    return this.bytes.toString('utf8')
  }

  async until(text: string | RegExp): Promise<void> {
    const seen = () => (typeof text === 'string' ? this.text.includes(text) : text.test(this.text))
    await expect.poll(seen, { message: `${text} in ${this.text.slice(-300)}` }).toBe(true)
  }

  /** Asked until it is so: a new terminal has no size until the engine has passed on the first one. */
  async sized(size: string): Promise<void> {
    const seen = () => {
      if (!this.text.includes(size)) this.type('stty size\n')
      return this.text.includes(size)
    }
    await expect.poll(seen, { interval: 300 }).toBe(true)
  }

  /** As a browser that closes the tab of a terminal. */
  leave(): void {
    this.socket.close()
  }

  async frame(type: TerminalServerFrame['type']): Promise<TerminalServerFrame> {
    await expect.poll(() => this.frames.map((frame) => frame.type)).toContain(type)
    return this.frames.find((frame) => frame.type === type) as TerminalServerFrame
  }
}

describe('a shell', () => {
  const itAtEach = itAt(sampledEngines)

  itAtEach('is typed into, resized, pasted a megabyte into, and ends with its exit code', async (engine) => {
    const id = await run(engine, 'shell')
    const terminal = new Terminal(engine, id)
    await terminal.frame('started')
    terminal.type('echo grüße-$((40+2))\n')
    await terminal.until('grüße-42')
    await terminal.sized('30 100')
    terminal.say({ type: 'resize', columns: 133, rows: 41 })
    await terminal.sized('41 133')

    // Raw, so that the line discipline neither echoes nor cuts: what arrives is what was pasted.
    const paste = randomBytes(786_432).toString('base64')
    expect(paste.length).toBe(1_048_576)
    terminal.type(
      `stty raw -echo; echo re""ady; head -c ${paste.length} | sha256sum; stty sane; echo do""ne\n`,
    )
    await terminal.until('ready')
    terminal.type(paste)
    await terminal.until('done')
    await terminal.until(createHash('sha256').update(paste).digest('hex'))

    terminal.type('exit 7\n')
    expect(await terminal.frame('exit')).toEqual({ type: 'exit', code: 7 })
    const recorded = async () => (await test.app.audit.search.page({ text: id }, undefined, 10)).items
    await expect.poll(async () => (await recorded())[0]?.result?.summary).toMatch(/-shell: exit code 7$/)
    expect(await recorded()).toMatchObject([
      { action: 'containers.exec', kind: 'intent', actorName: 'Ada', result: { outcome: 'succeeded' } },
    ])
  })

  itAtEach('ends its processes when the browser closes it, with all that they started', async (engine) => {
    const id = await run(engine, 'end')
    const terminal = new Terminal(engine, id)
    await terminal.frame('started')
    // One that ignores the hang-up has to be killed.
    terminal.type(`(trap '' HUP; sleep 4321) & sleep 1234\n`)
    const processes = async () => (await witness(engine, ['top', id])).stdout
    await expect.poll(processes, bySecondWitness).toMatch(/1234/)
    expect(await processes()).toMatch(/4321/)
    terminal.leave()
    await expect.poll(processes, bySecondWitness).not.toMatch(/1234|4321/)
    expect(await processes()).toMatch(/sleep 600/)
  })
})

describe('a terminal whose browser went without ending it', () => {
  const itAtEach = itAt(['docker-tls', 'podman5-tcp'] as const)
  const idOf = async (terminal: Terminal) => {
    const frame = await terminal.frame('started')
    return frame.type === 'started' ? frame.id : ''
  }

  itAtEach('goes on, and is shown again to who comes back after a reload', async (engine) => {
    const id = await run(engine, 'reload')
    const before = new Terminal(engine, id)
    const resumes = await idOf(before)
    before.type('word=kept; (sleep 1; echo mean""while) & echo be""fore\n')
    await before.until('before')
    before.socket.close(1001)
    const after = new Terminal(engine, id, { resumes })
    expect(await after.frame('resumed')).toEqual({ type: 'resumed', from: 0 })
    await after.until('before')
    await after.until('meanwhile')
    after.type('echo $word-$((40+2))\n')
    await after.until('kept-42')
    // Nothing of it is left when it is closed.
    after.leave()
    const late = new Terminal(engine, id, { resumes })
    await late.frame('gone')
    late.say({ type: 'start', mode: 'exec', columns: 100, rows: 30 })
    await late.frame('started')
  })

  itAtEach('is told what a cut has kept from it, each byte once', async (engine) => {
    const id = await run(engine, 'cut')
    const before = new Terminal(engine, id)
    const resumes = await idOf(before)
    before.type(
      'stty -onlcr; for i in 1 2 3; do seq $((i*1000-999)) $((i*1000)) | sed "s/^/n /"; sleep 2; done; echo en""d\n',
    )
    await before.until('n 200\n')
    before.socket.terminate()
    const after = new Terminal(engine, id, { resumes, from: before.bytes.length })
    expect(await after.frame('resumed')).toEqual({ type: 'resumed', from: before.bytes.length })
    await after.until('end\n')
    const numbers = [...(before.text + after.text).matchAll(/^n (\d+)$/gm)].map((match) => Number(match[1]))
    expect(numbers).toEqual(Array.from({ length: 3000 }, (_, index) => index + 1))
  })

  itAtEach('is nobody else’s, and ends with the sign-in that opened it', async (engine) => {
    const id = await run(engine, 'theirs')
    const { email, password } = administrator
    const signedIn = await test.call('POST', '/api/session', { email, password }, { cookie: '' })
    const first = cookieOf(signedIn.headers)
    const terminal = new Terminal(engine, id, { cookie: first })
    const resumes = await idOf(terminal)
    terminal.type('sleep 1234\n')
    const processes = async () => (await witness(engine, ['top', id])).stdout
    await expect.poll(processes, bySecondWitness).toMatch(/1234/)
    terminal.socket.terminate()
    // The same person at another browser.
    await new Terminal(engine, id, { resumes }).frame('gone')
    expect(await processes()).toMatch(/1234/)
    await test.call('DELETE', '/api/session', undefined, { cookie: first })
    await expect.poll(processes, bySecondWitness).not.toMatch(/1234/)
  })

  itAtEach('is shown in one window at a time', async (engine) => {
    const id = await run(engine, 'moved')
    const first = new Terminal(engine, id)
    const second = new Terminal(engine, id, { resumes: await idOf(first) })
    await second.frame('resumed')
    await first.frame('moved')
    second.type('echo he""re\n')
    await second.until('here')
  })
})

itAt(sampleOf(['docker28-tcp', 'docker-unix', 'podman5-tcp', 'podman-tcp'] as const, 2))(
  'the processes of a terminal end with it, whoever they became, and others of the container do not',
  async (engine) => {
    const id = await run(engine, 'who', { User: '1000', Cmd: ['sh', '-c', 'sleep 601 & exec sleep 600'] })
    const root = new Terminal(engine, id, { user: 'root' })
    const own = new Terminal(engine, id)
    for (const terminal of [root, own]) await terminal.frame('started')
    root.type(
      `(trap '' HUP; sleep 4321) & env -i sleep 3333 & setsid sleep 3334 & su -s /bin/sh nobody -c 'sleep 5432' & sleep 1234\n`,
    )
    own.type(`(trap '' HUP; sleep 6543) & env -i sleep 3333 & sleep 2345\n`)
    const processes = async () => (await witness(engine, ['top', id])).stdout
    const left = async () =>
      [...(await processes()).matchAll(/sleep (\d{3,})$/gm)].map((match) => match[1]).sort()
    const all = ['1234', '2345', '3333', '3334', '4321', '5432', '600', '601', '6543']
    await expect.poll(async () => [...new Set(await left())], bySecondWitness).toEqual(all)
    root.leave()
    await expect.poll(left, bySecondWitness).toEqual(['2345', '3333', '600', '601', '6543'])
    own.leave()
    await expect.poll(left, bySecondWitness).toEqual(['600', '601'])
  },
)

describe('a terminal', () => {
  const itAtEach = itAt(['docker-tls', 'podman-ssh'] as const)

  itAtEach('a shell is given as words, quoted as a shell reads them', async (engine) => {
    const id = await run(engine, 'words')
    const shell = `sh -c "echo one\\ two 'three  four'; echo \\$0" 'my name'`
    const terminal = new Terminal(engine, id, { shell })
    await terminal.until(/one two three {2}four\s+my name/)
    const open = await new Terminal(engine, id, { shell: 'sh -c "echo' }).frame('error')
    expect(open).toMatchObject({ error: { code: 'shell_quote_open' } })
  })

  itAtEach('the user, folder and shell are chosen, and what cannot be run says so', async (engine) => {
    const id = await run(engine, 'chosen')
    const terminal = new Terminal(engine, id, { user: 'nobody', workingDirectory: '/tmp', shell: 'sh -i' })
    await terminal.frame('started')
    terminal.type('id -un; pwd; echo $TERM\n')
    await terminal.until(/nobody\s+\/tmp\s+xterm-256color/)
    const missing = new Terminal(engine, id, { shell: '/no/such/shell' })
    const over = await Promise.race([missing.frame('exit'), missing.frame('error')])
    if (over.type === 'exit') expect([126, 127]).toContain(over.code)
    else expect(over.type === 'error' && over.error.detail).toMatch(/no such/i)
  })

  itAtEach('attaches to the container’s own terminal, and leaves it running', async (engine) => {
    const script = 'while read line; do echo "heard $line"; done'
    const id = await run(engine, 'attach', { Tty: true, OpenStdin: true, Cmd: ['sh', '-c', script] })
    const terminal = new Terminal(engine, id, { mode: 'attach' })
    await terminal.frame('started')
    terminal.type('one\n')
    await terminal.until('heard one')
    terminal.leave()
    const again = new Terminal(engine, id, { mode: 'attach' })
    await again.frame('started')
    again.type('two\n')
    await again.until('heard two')

    const deaf = await run(engine, 'deaf')
    const refused = await new Terminal(engine, deaf, { mode: 'attach' }).frame('error')
    expect(refused).toMatchObject({ error: { code: 'terminal_no_input' } })
  })

  itAtEach(
    'waits for a browser that does not keep up, and loses nothing',
    async (engine) => {
      const id = await run(engine, 'flood')
      const terminal = new Terminal(engine, id)
      terminal.takes = false
      await terminal.frame('started')
      // A loop of the shell's writes each line by itself, which takes a busy machine a minute.
      terminal.type('stty -onlcr; seq 150000 | sed "s/^/n /"; echo en""d\n')
      await expect.poll(() => terminal.bytes.length).toBeGreaterThan(400_000)
      const length = terminal.bytes.length
      await new Promise((resolve) => setTimeout(resolve, 700))
      expect(terminal.bytes.length - length).toBeLessThan(400_000)
      terminal.takes = true
      terminal.say({ type: 'taken', bytes: terminal.bytes.length })
      await expect
        .poll(() => terminal.text.endsWith('end\n') || terminal.text.includes('\nend\n'), { timeout: 40_000 })
        .toBe(true)
      const numbers = [...terminal.text.matchAll(/^n (\d+)$/gm)].map((match) => Number(match[1]))
      expect(numbers.length).toBe(150_000)
      expect(numbers.every((number, index) => number === index + 1)).toBe(true)
    },
    60_000,
  )
})

it('refuses what is not there, stopped, or not allowed, before any engine is asked', async () => {
  const none = await new Terminal('docker-unix', '0'.repeat(64)).frame('error')
  expect(none).toMatchObject({ error: { code: 'container_not_found' } })
  const id = await run('docker-unix', 'stopped')
  await engineCall(labEngine('docker-unix').localSocketPath, 'POST', `/v1.41/containers/${id}/kill`)
  const stopped = await new Terminal('docker-unix', id).frame('error')
  expect(stopped).toMatchObject({ error: { code: 'container_not_running', objectId: id } })
  const [record] = (await test.app.audit.search.page({ text: id }, undefined, 1)).items
  expect(record?.result).toMatchObject({ outcome: 'failed', errorCode: 'container_not_running' })
})
