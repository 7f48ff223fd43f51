import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { AppError } from '../errors.ts'

/**
 * Link-local addresses are never engines, but they are where clouds keep credentials for whoever asks
 * (169.254.169.254, fd00:ec2::254). Refused after resolution, so that a name cannot lead there.
 */
const refused = new BlockList()
refused.addSubnet('169.254.0.0', 16, 'ipv4')
refused.addSubnet('fe80::', 10, 'ipv6')
refused.addAddress('fd00:ec2::254', 'ipv6')

/**
 * Resolves a name once; the connection is then made to the address returned, so that a second, different answer of the
 * name server cannot redirect it. Throws name_not_resolved or address_refused.
 */
export async function resolveAddress(host: string): Promise<string> {
  const address = isIP(host) ? host : await lookUp(host)
  if (refused.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')) {
    throw new AppError('address_refused', { params: { host, address } })
  }
  return address
}

async function lookUp(host: string): Promise<string> {
  try {
    return (await lookup(host)).address
  } catch (cause) {
    throw new AppError('name_not_resolved', {
      params: { host },
      detail: String((cause as Error).message),
      cause,
    })
  }
}
