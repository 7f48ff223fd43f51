/** Bytes of one of the two streams. A frame that comes in parts is told in parts. */
export interface StreamPiece {
  isError: boolean
  bytes: Buffer
}

/** Takes the two streams of a program without a terminal apart (Docker Engine API, "Stream format" of attach). */
export function createDemultiplexer(): (chunk: Buffer) => StreamPiece[] {
  let waiting: Buffer = Buffer.alloc(0)
  let left = 0
  let isError = false
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    const pieces: StreamPiece[] = []
    for (;;) {
      if (left > 0) {
        const bytes = waiting.subarray(0, left)
        if (bytes.length === 0) return pieces
        left -= bytes.length
        waiting = waiting.subarray(bytes.length)
        pieces.push({ isError, bytes })
      } else {
        if (waiting.length < 8) return pieces
        isError = waiting[0] === 2
        left = waiting.readUInt32BE(4)
        waiting = waiting.subarray(8)
      }
    }
  }
}
