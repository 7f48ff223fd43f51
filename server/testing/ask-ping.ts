import type { Transport } from '../transport/types.ts'

/** `GET /_ping` over a bare transport: the body's text. Throws what the transport explains. */
export async function askPing(transport: Transport): Promise<string> {
  try {
    const answer = await transport.dispatchers.pings.request({
      origin: transport.origin,
      method: 'GET',
      path: '/_ping',
    })
    return await answer.body.text()
  } catch (error) {
    throw transport.explain(error)
  }
}
