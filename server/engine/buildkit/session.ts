import { randomUUID } from 'node:crypto'
import { AppError } from '../../errors.ts'
import { type EngineContext, timeouts } from '../context.ts'
import { engineError } from '../errors.ts'
import { createForwardCalls } from '../forward.ts'
import { type ContextFiles, sendFiles } from './file-sync.ts'
import { type GrpcCall, GrpcError, type GrpcMethods, grpcStatus, serveGrpc, unary } from './grpc-server.ts'
import { bytesOf, writeMessage } from './protobuf.ts'

/** What a build may ask for while it runs. */
export interface SessionGifts {
  /** By registry, as BuildKit names it: 'registry.example:5000', 'registry-1.docker.io'. */
  accounts: ReadonlyMap<string, { username: string; password: string }>
  /** By the id of `RUN --mount=type=secret,id=…`. */
  secrets: ReadonlyMap<string, Buffer>
  /** The context; null where the engine fetches it from an address. */
  files: ContextFiles | null
}

/** Accounts of an X-Registry-Config. Docker Hub is known by another name to BuildKit than to the configuration. */
export function accountsOf(registryConfig: string | undefined): SessionGifts['accounts'] {
  if (registryConfig === undefined) return new Map()
  type Account = { username: string; password: string }
  const config = JSON.parse(Buffer.from(registryConfig, 'base64url').toString('utf8')) as Record<
    string,
    Account
  >
  return new Map(
    Object.entries(config).map(([address, account]) => [
      address === 'https://index.docker.io/v1/' ? 'registry-1.docker.io' : address,
      account,
    ]),
  )
}

/**
 * Opens a session, within which a build asks for accounts and secrets: a connection on which the engine is the client
 * of what we serve. Nothing else is offered: no file but the context's above all.
 * @returns the id to name in the build, and the end of it. Throws AppError.
 */
export async function openSession(
  { transport, docker }: Pick<EngineContext, 'transport' | 'docker'>,
  gifts: SessionGifts,
  signal: AbortSignal,
): Promise<{ id: string; end(): void }> {
  const id = randomUUID().replaceAll('-', '')
  const methods = methodsOf(gifts)
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(timeouts.change)])
  const answered = await createForwardCalls({ transport }).forwardUpgrade({
    method: 'POST',
    path: docker('/session'),
    query: [],
    body: null,
    protocol: 'h2c',
    headers: {
      'x-docker-expose-session-uuid': id,
      'x-docker-expose-session-name': 'build',
      'x-docker-expose-session-sharedkey': '',
      // What is not named is not asked for.
      'x-docker-expose-session-grpc-method': Object.keys(methods),
    },
    signal: waiting,
  })
  if (answered.kind === 'answer') throw engineError(answered.status, answered.body.toString('utf8'), 'engine')
  if (signal.aborted) {
    answered.socket.destroy()
    throw new AppError('host_unresponsive', { cause: signal.reason })
  }
  const session = serveGrpc(answered.socket, methods)
  return { id, end: () => session.destroy() }
}

/** Tokens are left to the engine: where there is no method for them it asks for the account. */
export function methodsOf({ accounts, secrets, files }: SessionGifts): GrpcMethods {
  const text = (request: Buffer) => bytesOf(request, 1).toString('utf8')
  return {
    // SERVING, or the engine ends the session after some seconds.
    '/grpc.health.v1.Health/Check': unary(() => writeMessage([[1, 1]])),
    '/moby.filesync.v1.Auth/Credentials': unary((request) => {
      const account = accounts.get(text(request))
      return writeMessage([
        [1, account?.username ?? ''],
        [2, account?.password ?? ''],
      ])
    }),
    '/moby.buildkit.secrets.v1.Secrets/GetSecret': unary((request) => {
      const secret = secrets.get(text(request))
      // With this code an optional secret is left out, and a required one is named in the build's error.
      if (!secret) throw new GrpcError(grpcStatus.notFound, 'not found')
      return writeMessage([[1, secret]])
    }),
    ...(files ? { '/moby.filesync.v1.FileSync/DiffCopy': (call: GrpcCall) => sendFiles(files, call) } : {}),
  }
}
