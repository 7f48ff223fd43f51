// A day's work with dockerode. What it prints is the same wherever DOCKER_HOST leads to that engine.
// Given: NAME (what all is called), IMAGE, REGISTRY, TOKEN where the host is a gateway's, and an empty folder to work in.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import Docker from 'dockerode'

const { NAME: name, IMAGE: image, REGISTRY: registry, DOCKER_HOST = '', TOKEN } = process.env
const { protocol, hostname, port, pathname } = new URL(DOCKER_HOST)
// Read from there it would take the place of what is given.
delete process.env.DOCKER_HOST
// Without a version in the path it is the engine's own. It drops a path before the API's, but for one that stands in the version.
const docker =
  protocol === 'unix:'
    ? new Docker({ socketPath: pathname })
    : new Docker({
        host: hostname,
        port,
        version: pathname.slice(1),
        headers: { Authorization: `Bearer ${TOKEN}` },
      })

const step = (title, value) => process.stdout.write(`\n$ ${title}\n${JSON.stringify(value)}\n`)
const refused = (title, asked) =>
  asked.then(
    () => step(title, 'done'),
    ({ statusCode, json }) => step(title, { statusCode, json }),
  )
/** Both outputs of a stream in frames, or of a terminal's. */
async function outputs(stream, tty = false) {
  if (tty) return text(stream)
  const [out, err] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, out, err)
  stream.on('end', () => {
    out.end()
    err.end()
  })
  return Promise.all([text(out), text(err)])
}
/** Every line of what an engine tells of its progress. */
const progress = (stream) =>
  new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error, lines) => (error ? reject(error) : resolve(lines))),
  )
const packed = (file, data) => {
  mkdirSync(file)
  writeFileSync(`${file}/${file}`, data)
  return execFileSync('tar', ['-C', file, '-cf', '-', file])
}
const shell = (script) => ['sh', '-c', script]

step('version', (await docker.version()).Version)
step('ping', String(await docker.ping()))

// run, and run -it
const [ran] = await docker.run(image, shell('echo out; exit 3'), new PassThrough().resume(), {
  name: `${name}-r`,
})
step('run', ran.StatusCode)
await docker.getContainer(`${name}-r`).remove()
const terminal = { Tty: true, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true }
const typed = await docker.createContainer({
  name: `${name}-t`,
  Image: image,
  ...terminal,
  Cmd: shell('read x; echo "got $x"; stty size; exit 5'),
})
const keyboard = await typed.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
const shown = outputs(keyboard, true)
await typed.start()
await typed.resize({ h: 31, w: 97 })
keyboard.write('typed\n')
// It sends these options as a body too, which Podman, and no gateway, takes for what was typed.
step('run -it', [(await shown).replace(/\{"stream".*?\}/g, ''), (await typed.wait()).StatusCode])
await typed.remove()

// One that goes on
const began = Math.floor(Date.now() / 1000)
const script =
  'rm -f /tmp/end; for i in 1 2 3; do echo line $i; sleep 0.3; done; echo last >&2; while [ ! -e /tmp/end ]; do sleep 1; done; exit 7'
const box = await docker.createContainer({
  name: `${name}-a`,
  Image: image,
  Cmd: shell(script),
  Labels: { day: name },
})
const attached = outputs(await box.attach({ stream: true, stdout: true, stderr: true }))
await box.start()
const followed = outputs(await box.logs({ follow: true, stdout: true, stderr: true }))
const waited = box.wait()
const mine = { filters: JSON.stringify({ label: [`day=${name}`] }) }
step(
  'ps',
  (await docker.listContainers(mine)).map(({ Names, State }) => [Names, State]),
)
step('inspect', (await box.inspect()).Config.Labels)
const run = async (options, input) => {
  const exec = await box.exec({ AttachStdout: true, AttachStderr: true, ...options })
  const stream = await exec.start({
    hijack: input !== undefined,
    stdin: input !== undefined,
    Tty: options.Tty,
  })
  if (input !== undefined) stream.end(input)
  return [await outputs(stream, options.Tty), (await exec.inspect()).ExitCode]
}
step('exec', await run({ Cmd: shell('echo out; echo err >&2; exit 5') }))
step('exec -i', await run({ Cmd: ['wc', '-c'], AttachStdin: true }, 'x'.repeat(100_000)))
const prompt = await box.exec({
  Cmd: shell('read x; echo "got $x"; exit 6'),
  AttachStdin: true,
  AttachStdout: true,
  Tty: true,
})
const line = await prompt.start({ hijack: true, stdin: true, Tty: true })
line.write('typed\n')
step('exec -it', [await text(line), (await prompt.inspect()).ExitCode])
step('top', (await box.top({ ps_args: '-o pid,args' })).Titles)
step('stats once', typeof (await box.stats({ stream: false })).cpu_stats.cpu_usage.total_usage)
const numbers = await box.stats({ stream: true })
for await (const chunk of numbers) {
  step('stats', String(chunk).includes(`${name}-a`))
  break
}
const big = 'x'.repeat(1_000_000)
step('put', String(await box.putArchive(packed('up', big), { path: '/tmp' })))
const input = await buffer(await box.getArchive({ path: '/tmp/up' }))
step('get', String(execFileSync('tar', ['-xOf', '-', 'up'], { input })) === big)
await refused('get what is not there', box.getArchive({ path: '/nowhere' }))
await box.rename({ name: `${name}-b` })
await run({ Cmd: ['touch', '/tmp/end'] })
step('wait', (await waited).StatusCode)
step('logs followed', await followed)
step(
  'attached',
  (await attached).map((said) => said.includes('last')),
)
await box.restart({ t: 0 })
await box.kill()
step('commit', Object.keys(await box.commit({ repo: name, tag: 'committed' })))
await box.remove()
await refused('inspect what is gone', box.inspect())

const events = await docker.getEvents({ since: began, filters: JSON.stringify({ container: [`${name}-e`] }) })
const brief = await docker.createContainer({ name: `${name}-e`, Image: image, Cmd: ['true'] })
await brief.start()
await brief.wait()
await brief.remove()
let happened = ''
for await (const chunk of events) {
  happened += chunk
  // To the end of a line: a chunk may end in the middle.
  if (/"(destroy|remove)".*\n/.test(happened)) break
}
const actions = happened
  .slice(0, happened.lastIndexOf('\n'))
  .split('\n')
  .map((told) => JSON.parse(told).Action)
// Podman's cleanup comes before or after the removal.
step(
  'events',
  actions.filter((action) => action !== 'cleanup'),
)

await docker.getImage(`${name}:committed`).remove({ force: true })

/** What is refused in the middle of a part ends it, and none after it. */
async function part(title, work) {
  try {
    await work()
  } catch (error) {
    step(title, { statusCode: error.statusCode, message: error.json?.message ?? error.message })
  }
}

// Images: build, tag, push, pull, save, load
await part('images', async () => {
  const app = `${registry}/${name}/app`
  const context = packed('Dockerfile', `FROM ${image}\nRUN echo built > /built\nLABEL day=${name}\n`)
  await part('build', async () => {
    const built = await progress(await docker.buildImage(context, { t: `${app}:1`, nocache: true }))
    step(
      'build',
      built.some(({ stream }) => stream?.includes('Successfully built')),
    )
  })
  const isBuilt = await docker
    .getImage(`${app}:1`)
    .inspect()
    .then(Boolean, () => false)
  // Who may not build goes on with another.
  if (!isBuilt) await docker.getImage(image).tag({ repo: app, tag: '1' })
  const made = docker.getImage(`${app}:1`)
  step('history', (await made.history()).length)
  step('tag', String(await made.tag({ repo: name, tag: 'tagged' })))
  // Of those that have no account either, the engines want a word.
  const authconfig = { username: '', password: '', serveraddress: registry }
  step(
    'push',
    (await progress(await made.push({ authconfig }))).filter(({ error }) => error),
  )
  await docker.getImage(`${name}:tagged`).remove()
  await made.remove({ force: true })
  step(
    'pull',
    (await progress(await docker.pull(`${app}:1`))).filter(({ error }) => error),
  )
  const saved = await buffer(await made.get())
  await made.remove({ force: true })
  step('load', (await text(await docker.loadImage(saved))).includes(`${app}:1`))
  const listed = { filters: JSON.stringify({ reference: [`${app}:1`] }) }
  step(
    'images',
    (await docker.listImages(listed)).map(({ RepoTags }) => RepoTags),
  )
  await refused('pull what is not there', docker.pull(`${app}-none:1`).then(progress))
  await made.remove({ force: true })
})

await part('volumes and networks', async () => {
  const volume = await docker.createVolume({ Name: `${name}-v` })
  const network = await docker.createNetwork({ Name: `${name}-n` })
  const [kept] = await docker.run(
    image,
    shell('echo kept > /v/file; cat /v/file'),
    new PassThrough().resume(),
    {
      name: `${name}-w`,
      HostConfig: { Binds: [`${name}-v:/v`], NetworkMode: `${name}-n` },
    },
  )
  step('volume and network', kept.StatusCode)
  await docker.getContainer(`${name}-w`).remove()
  await network.remove()
  await volume.remove()
})
