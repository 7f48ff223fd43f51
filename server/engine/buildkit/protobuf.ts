/** A field as it stands on the wire: a number of up to 64 bits, or bytes (texts and messages alike). */
export type WireField = { number: number } & (
  | { kind: 'varint'; value: bigint }
  | { kind: 'bytes'; value: Buffer }
)

/**
 * Reads a message of protocol buffers, field by field, in their order; fixed-width fields are passed over, since none of
 * BuildKit's messages that are read here has one. Throws RangeError for bytes that are no message: cut short, a varint
 * of more than ten bytes, a group, field 0. (Protocol Buffers, "Encoding".)
 */
export function* readMessage(bytes: Buffer): Generator<WireField> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('A message ends within a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new RangeError('A number of more than 64 bits')
  }
  const skip = (length: number): number => {
    const from = at
    // Compared before anything is made of it: a length may claim exabytes.
    if (length > bytes.length - at) throw new RangeError('A message ends within a field')
    at += length
    return from
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Number(tag >> 3n)
    if (number === 0 || number > 0x1fffffff) throw new RangeError('No number of a field')
    const type = Number(tag & 7n)
    if (type === 0) yield { number, kind: 'varint', value: varint() }
    else if (type === 2) {
      const from = skip(Number(varint()))
      yield { number, kind: 'bytes', value: bytes.subarray(from, at) }
    } else if (type === 1) skip(8)
    else if (type === 5) skip(4)
    else throw new RangeError(`A field of type ${type}`)
  }
}

/** The last value of a field of numbers; 0 where there is none. */
export function numberOf(message: Buffer, number: number): bigint {
  let found = 0n
  for (const field of readMessage(message))
    if (field.number === number && field.kind === 'varint') found = field.value
  return found
}

/** The last value of a field of bytes, as protocol buffers have it; empty where there is none. */
export function bytesOf(message: Buffer, number: number): Buffer {
  let found = Buffer.alloc(0) as Buffer
  for (const field of readMessage(message))
    if (field.number === number && field.kind === 'bytes') found = field.value
  return found
}

export type FieldValue = string | Buffer | number | bigint

/** A message of these fields; a zero or an empty text is left out, which says the same. */
export function writeMessage(fields: readonly (readonly [number: number, value: FieldValue])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number' || typeof value === 'bigint')
        return BigInt(value) === 0n ? [] : [varintOf(number * 8), varintOf(value)]
      const bytes = typeof value === 'string' ? Buffer.from(value) : value
      return bytes.length === 0 ? [] : [varintOf(number * 8 + 2), varintOf(bytes.length), bytes]
    }),
  )
}

/** Negative ones as int64 has them, in ten bytes. */
function varintOf(value: number | bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) + 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
