import type { Network } from '#lib/contracts/networks.ts'
import { networkSchema } from '#lib/contracts/networks.ts'
import { type EngineContext, given, listing, timeouts } from './context.ts'
import { findOr404 } from './find.ts'
import { fromLibpodNetwork, fromNetwork } from './normalise.ts'
import { segments, sendForJson, sendForText } from './request.ts'
import type { CallOptions, ListOptions, Local } from './types.ts'

export interface NetworkCalls {
  list(options?: ListOptions): Promise<Local<Network>[]>
  /** Null where it is not there. */
  find(name: string, options?: CallOptions): Promise<{ id: string; name: string; driver: string } | null>
  /** Puts a container into one more network. */
  connect(
    network: string,
    id: string,
    endpoint: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<void>
  /** Never one in use. Throws conflict. */
  remove(id: string, options?: CallOptions): Promise<void>
}

const schema = networkSchema.omit({ hostId: true })

export function createNetworkCalls(context: EngineContext): NetworkCalls {
  const { transport, docker, libpod, isPodman, rows } = context
  return {
    async list(options) {
      return isPodman()
        ? rows(libpod('/networks/json'), { of: fromLibpodNetwork, schema }, listing, options)
        : rows(docker('/networks'), { of: fromNetwork, schema }, listing, options)
    },
    find: (name, options) =>
      findOr404<{ Id: string; Name: string; Driver: string }, { id: string; name: string; driver: string }>(
        context,
        `/networks/${segments(name)}`,
        options,
        (raw) => ({ id: String(raw.Id), name: String(raw.Name), driver: String(raw.Driver) }),
      ),
    async connect(network, id, endpoint, options) {
      // Podman answers "OK", which is no JSON.
      await sendForText(transport, {
        method: 'POST',
        path: docker(`/networks/${segments(network)}/connect`),
        body: { Container: id, EndpointConfig: endpoint },
        subject: 'container',
        timeoutMs: timeouts.change,
        ...(options?.signal ? { signal: options.signal } : {}),
      })
    },
    async remove(id, options) {
      await sendForJson(transport, {
        method: 'DELETE',
        path: docker(`/networks/${segments(id)}`),
        subject: 'engine',
        timeoutMs: timeouts.change,
        ...given(options),
      })
    },
  }
}
