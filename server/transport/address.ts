import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { AppError } from '../errors.ts'

/**
 * Where clouds keep credentials for whoever asks; never an engine. Refused after resolution, so that a name cannot lead
 * there. Other private addresses are what this is for.
 */
const refused = new BlockList()
// Link-local: 169.254.169.254 of most clouds, 169.254.170.2 of AWS containers; through NAT64 and 6to4 too.
refused.addSubnet('169.254.0.0', 16, 'ipv4')
refused.addSubnet('fe80::', 10, 'ipv6')
refused.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
refused.addSubnet('2002:a9fe::', 32, 'ipv6')
// AWS and Google over IPv6, Alibaba, Oracle, Azure.
refused.addAddress('fd00:ec2::254', 'ipv6')
refused.addAddress('fd20:ce::254', 'ipv6')
for (const address of ['100.100.100.200', '192.0.0.192', '168.63.129.16']) refused.addAddress(address, 'ipv4')

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
