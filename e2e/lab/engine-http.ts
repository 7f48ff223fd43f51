import { request } from 'node:http'

export interface EngineAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/**
 * One request to an engine's unix socket with node:http, to seed the lab. Deliberately not the product's own engine
 * client: what seeds and witnesses must not share the faults of what is tested.
 */
export function engineRequest(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown | Buffer,
  timeoutMs = 30_000,
  more: Record<string, string> = {},
): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const bytes =
      body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
    const message = request(
      {
        socketPath,
        method,
        path,
        headers: {
          ...more,
          ...(bytes
            ? {
                'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json',
                'content-length': bytes.length,
              }
            : {}),
        },
        timeout: timeoutMs,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
        response.on('error', reject)
      },
    )
    message.on('timeout', () =>
      message.destroy(new Error(`No answer within ${timeoutMs} ms: ${method} ${path}`)),
    )
    message.on('error', reject)
    message.end(bytes)
  })
}

/** As engineRequest, parsed; throws on a status of 400 or more. */
export async function engineCall<T>(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await engineRequest(socketPath, method, path, body)
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text.trim()}`)
  return (answer.text ? JSON.parse(answer.text) : undefined) as T
}
