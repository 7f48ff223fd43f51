import { ApiFailure, api } from '#components/data/api.ts'
import type { PasskeyAnswer } from '#lib/contracts/sign-in.ts'

/** What the browser or the person turned down is told as any failure is. */
async function given(work: Promise<object>): Promise<PasskeyAnswer> {
  try {
    return (await work) as PasskeyAnswer
  } catch (cause) {
    const error = { code: 'passkey_unfinished', message: 'No passkey.', detail: (cause as Error).message }
    throw new ApiFailure(0, error, { cause })
  }
}

/** Asks the browser for one of its passkeys. Throws ApiFailure. */
export async function askPasskey(
  path: '/api/session/passkey' | '/api/account/proof',
): Promise<PasskeyAnswer> {
  const { options } = await api.post(`${path}/options`)
  const { startAuthentication } = await import('@simplewebauthn/browser')
  type Asked = Parameters<typeof startAuthentication>[0]['optionsJSON']
  return given(startAuthentication({ optionsJSON: options as unknown as Asked }))
}

/** Lets the browser make a passkey. Throws ApiFailure. */
export async function makePasskey(): Promise<PasskeyAnswer> {
  const { options } = await api.post('/api/account/passkeys/options')
  const { startRegistration } = await import('@simplewebauthn/browser')
  type Asked = Parameters<typeof startRegistration>[0]['optionsJSON']
  return given(startRegistration({ optionsJSON: options as unknown as Asked }))
}
