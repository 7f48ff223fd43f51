import { randomUUID } from 'node:crypto'
import { createDemultiplexer } from '../../engine/demultiplex.ts'
import type { ExecRequest } from '../../engine/exec.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'

/** Milliseconds for one try. */
const timeoutMs = 60_000
const attempts = 5

/**
 * What a shell script of ours says in a container, read to its end. Podman loses the whole output of a short exec now and then
 * (22 of 300 with 12 at once on 4.3, some on 5.4, none on Docker), with the right exit code: the script ends with a word of
 * our own, and what comes without it is asked again. So it has to be one that may run twice.
 * Throws what the engine throws, and engine_answer_invalid when the end never came.
 * @param request its command's third word is the script: `['/bin/sh', '-c', script, …]`.
 */
export async function readExec(
  engine: EngineClient,
  containerId: string,
  request: Omit<ExecRequest, 'tty'>,
): Promise<string> {
  const end = `end-${randomUUID()}`
  const command = request.command.map((word, index) => (index === 2 ? `${word}\necho ${end}` : word))
  let text = ''
  for (let attempt = 0; attempt < attempts; attempt++) {
    const signal = AbortSignal.timeout(timeoutMs)
    const execId = await engine.execs.create(containerId, { ...request, command, tty: false }, { signal })
    const socket = await engine.execs.start(execId, { tty: false, signal })
    const demultiplex = createDemultiplexer()
    const pieces: Buffer[] = []
    const cut = () => socket.destroy()
    signal.addEventListener('abort', cut)
    socket.on('data', (chunk: Buffer) => {
      for (const { bytes } of demultiplex(chunk)) pieces.push(bytes)
    })
    await new Promise((resolve) => socket.once('close', resolve).once('end', resolve))
    socket.destroy()
    signal.removeEventListener('abort', cut)
    text = Buffer.concat(pieces).toString('utf8')
    if (text.includes(end)) return text.slice(0, text.indexOf(end))
    const { running, exitCode } = await engine.execs.state(execId, { signal })
    // No shell there, or one that was refused: asked again it says the same.
    if (!running && exitCode !== 0) break
  }
  throw new AppError('engine_answer_invalid', {
    detail: `An exec ended without its end: ${text.slice(0, 200)}`,
  })
}
