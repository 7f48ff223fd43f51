import type { LogSource } from '#lib/contracts/logs.ts'
import { type LogLevel, logLevel, readStructuredLine, type StructuredLine } from '#lib/logs/line.ts'
import { plainLogLine, sanitiseLogLine } from '#lib/logs/sanitise.ts'

export interface LogLook {
  timestamps: 'off' | 'local' | 'utc'
  json: 'pretty' | 'raw'
  levels: boolean
  theme: 'light' | 'dark'
  /** Fields of JSON and logfmt that stand in columns before the message. */
  columns: readonly string[]
}

export type StoredLine = (
  | { kind: 'line'; source: number; time: string; stream: 0 | 1; text: string }
  | { kind: 'gap'; source: number; from: string; to: string }
) & {
  /** Left out by the filter, or of a source that is muted. */
  hidden?: boolean
}

/** Characters of a column. */
const columnWidth = 16

type Colour = readonly [red: number, green: number, blue: number]

/** Told apart also by people who see few colours (after Okabe and Ito), each at 4.5:1 or more on its background. */
const gutter: Record<LogLook['theme'], readonly Colour[]> = {
  dark: [
    ...([
      [86, 180, 233],
      [230, 159, 0],
      [0, 190, 140],
      [240, 228, 66],
    ] as Colour[]),
    ...([
      [226, 145, 190],
      [240, 120, 70],
      [150, 160, 240],
      [170, 205, 120],
    ] as Colour[]),
  ],
  light: [
    ...([
      [0, 98, 155],
      [140, 85, 0],
      [0, 110, 80],
      [112, 98, 0],
    ] as Colour[]),
    ...([
      [150, 50, 110],
      [175, 60, 0],
      [80, 75, 190],
      [70, 105, 20],
    ] as Colour[]),
  ],
}
const levelColours: Record<LogLook['theme'], Record<LogLevel, Colour>> = {
  dark: { error: [255, 123, 123], warn: [227, 173, 69], info: [86, 180, 233], debug: [139, 149, 154] },
  light: { error: [192, 34, 41], warn: [133, 86, 0], info: [0, 98, 155], debug: [95, 104, 110] },
}
const faint: Record<LogLook['theme'], Colour> = { dark: [139, 149, 154], light: [95, 104, 110] }

export const gutterColour = (index: number, theme: LogLook['theme']): Colour =>
  gutter[theme][index % gutter[theme].length] as Colour

const paint = ([red, green, blue]: Colour, text: string) =>
  `\u001b[38;2;${red};${green};${blue}m${text}\u001b[39m`

/** The name in the gutter: short enough to leave room, and always of one width, so that nothing jumps. */
export function gutterName(source: LogSource, sources: readonly LogSource[], width: number): string {
  const sameName = sources.some((other) => other.index !== source.index && other.name === source.name)
  const name = plainLogLine(sameName ? `${source.name}@${source.host}` : source.name)
  return name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width)
}

export function gutterWidth(sources: readonly LogSource[], columns: number): number {
  if (sources.length < 2) return 0
  const names = sources.map((source) =>
    sources.some((other) => other.index !== source.index && other.name === source.name)
      ? source.name.length + source.host.length + 1
      : source.name.length,
  )
  return Math.min(Math.max(...names), columns < 80 ? 8 : 24)
}

/** A line with its mark, time and gutter, for the terminal. Everything of the container's own is sanitised here. */
export function formatLine(
  line: StoredLine,
  sources: readonly LogSource[],
  width: number,
  look: LogLook,
  gapText: string,
): string {
  const source = sources[line.source]
  const name =
    width > 0 && source
      ? paint(gutterColour(line.source, look.theme), `${gutterName(source, sources, width)} `)
      : ''
  if (line.kind === 'gap') return `${name}${paint(levelColours[look.theme].warn, `── ${gapText} ──`)}`
  const structured = readStructuredLine(line.text)
  const json = look.json === 'pretty' ? structured : null
  const level = look.levels ? (structured?.level ?? logLevel(plainStart(line.text))) : null
  const colour = level ? levelColours[look.theme][level] : null
  // A mark and not only a colour: filled for errors and warnings, an outline for what came by stderr.
  const mark = level === 'error' || level === 'warn' ? '▌' : line.stream === 1 ? '╎' : ' '
  const time =
    look.timestamps === 'off' ? '' : paint(faint[look.theme], `${formatTime(line.time, look.timestamps)} `)
  const body = json ? prettyJson(json, look) : sanitiseLogLine(line.text)
  const columns = look.columns.map((column) => columnOf(structured, column, look)).join('')
  return `${colour ? paint(colour, mark) : paint(faint[look.theme], mark)}${time}${name}${columns}${body}\u001b[0m`
}

/** A mark between lines: a new day, a start. */
export const formatMark = (text: string, theme: LogLook['theme']) =>
  `${paint(faint[theme], `── ${text} ──`)}\u001b[0m`

function columnOf(line: StructuredLine | null, column: string, look: LogLook): string {
  const value = plainLogLine(line?.fields.find(([key]) => key === column)?.[1] ?? '')
  const cut = value.length > columnWidth ? `${value.slice(0, columnWidth - 1)}…` : value.padEnd(columnWidth)
  return `${paint(levelColours[look.theme].info, cut)} `
}

/** The line as it is copied and searched for. */
export function plainLine(line: StoredLine, sources: readonly LogSource[], look: LogLook): string {
  if (line.kind === 'gap') return ''
  const time = look.timestamps === 'off' ? '' : `${formatTime(line.time, look.timestamps)} `
  const name = sources.length > 1 ? `${sources[line.source]?.name} ` : ''
  return `${time}${name}${plainLogLine(line.text)}`
}

const plainStart = (text: string) => plainLogLine(text.slice(0, 400))

function prettyJson(line: StructuredLine, look: LogLook): string {
  const level = line.level
    ? paint(levelColours[look.theme][line.level], line.level.toUpperCase().padEnd(5))
    : ''
  const fields = line.fields
    .filter(([key]) => !look.columns.includes(key))
    .map(([key, value]) => `${paint(faint[look.theme], `${plainLogLine(key)}=`)}${plainLogLine(value)}`)
  return [level, plainLogLine(line.message), ...fields].filter(Boolean).join(' ')
}

const millis = (nanos: string) => Number(BigInt(nanos) / 1_000_000n)

/** The day of a time as YYYY-MM-DD, where the times are shown. */
export function dayOf(nanos: string, times: LogLook['timestamps']): string {
  const date = new Date(millis(nanos))
  const shifted = times === 'utc' ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 10)
}

/** HH:MM:SS.mmm, with the day where it is not today's. */
function formatTime(time: string, zone: 'local' | 'utc'): string {
  const date = new Date(millis(time))
  const shifted = zone === 'utc' ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  const text = shifted.toISOString()
  const now = new Date()
  const today = zone === 'utc' ? now : new Date(now.getTime() - now.getTimezoneOffset() * 60_000)
  const day = text.slice(0, 10) === today.toISOString().slice(0, 10) ? '' : `${text.slice(5, 10)} `
  return `${day}${text.slice(11, 23)}${zone === 'utc' ? 'Z' : ''}`
}
