import { AppError } from '../errors.ts'

/** Where an answer's body ends: with its last chunk, after so many bytes, or with its connection. */
export type Framing = { kind: 'chunked' } | { kind: 'length'; bytes: number } | { kind: 'close' }

export interface AnswerHead {
  status: number
  /** Names in small letters. */
  headers: Record<string, string | string[]>
  framing: Framing
  /** Bytes that it took, interim answers included. */
  length: number
}

/** As Node's own parser and undici's. */
const maximumHead = 16 * 1024
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/
const headerLine = /^([!#$%&'*+\-.^_`|~\w]{1,200}):([\t\x20-\x7e\x80-\xff]*)$/

/**
 * The head of an engine's answer, with interim ones (100) left out; null while it has not all come. Read strictly, as
 * its body is handed on in the framing that it came in: a bare line feed, a folded line, and two framings at once are
 * what readers disagree about (RFC 9112, sections 2.2, 5.2 and 6.3). Throws not_an_engine.
 */
export function parseAnswerHead(bytes: Buffer, method: string): AnswerHead | null {
  for (let start = 0; ; ) {
    const end = bytes.indexOf('\r\n\r\n', start)
    if ((end === -1 ? bytes.length : end) > maximumHead)
      throw invalid(`A head of more than ${maximumHead} bytes`)
    if (end === -1) return null
    const lines = bytes.toString('latin1', start, end).split('\r\n')
    start = end + 4
    const [, minor, code] = statusLine.exec(lines[0] as string) ?? []
    if (code === undefined) throw invalid((lines[0] as string).slice(0, 200))
    const status = Number(code)
    const headers = headersOf(lines.slice(1))
    if (status < 200 && status !== 101) continue
    const isEmpty = method === 'HEAD' || status === 204 || status === 304
    const framing: Framing = isEmpty ? { kind: 'length', bytes: 0 } : framingOf(headers, minor === '1')
    return { status, headers, framing, length: start }
  }
}

function headersOf(lines: string[]): AnswerHead['headers'] {
  const headers: AnswerHead['headers'] = Object.create(null)
  for (const line of lines) {
    const [, given, value = ''] = headerLine.exec(line) ?? []
    if (given === undefined) throw invalid(line.slice(0, 200))
    const name = given.toLowerCase()
    const known = headers[name]
    headers[name] = known === undefined ? value.trim() : [known, value.trim()].flat()
  }
  return headers
}

function framingOf(headers: AnswerHead['headers'], mayBeChunked: boolean): Framing {
  const { 'transfer-encoding': encoding, 'content-length': length } = headers
  if (encoding !== undefined) {
    if (!mayBeChunked || length !== undefined || String(encoding).toLowerCase() !== 'chunked')
      throw invalid(`Transfer-Encoding: ${String(encoding).slice(0, 100)}`)
    return { kind: 'chunked' }
  }
  if (length === undefined) return { kind: 'close' }
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length))
    throw invalid(`Content-Length: ${String(length).slice(0, 100)}`)
  return { kind: 'length', bytes: Number(length) }
}

const invalid = (detail: string) => new AppError('not_an_engine', { detail })
