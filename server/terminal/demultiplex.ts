/** What a person sees of a program without a terminal: both streams, with the line ends a terminal needs. */
export function createDemultiplexer(): (chunk: Buffer) => Buffer[] {
  let waiting: Buffer = Buffer.alloc(0)
  let left = 0
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    const pieces: Buffer[] = []
    for (;;) {
      if (left > 0) {
        const piece = waiting.subarray(0, left)
        if (piece.length === 0) return pieces
        left -= piece.length
        waiting = waiting.subarray(piece.length)
        pieces.push(Buffer.from(piece.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'))
      } else {
        if (waiting.length < 8) return pieces
        left = waiting.readUInt32BE(4)
        waiting = waiting.subarray(8)
      }
    }
  }
}
