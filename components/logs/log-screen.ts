import { FitAddon } from '@xterm/addon-fit'
import type { Terminal } from '@xterm/xterm'
import { readTheme } from '#components/terminal/terminal-theme.ts'
import type { LogBegin, LogRow, LogSource } from '#lib/contracts/logs.ts'
import type { LineFilter } from '#lib/logs/filter.ts'
import { gutterWidth, type LogLook, plainLine, type StoredLine } from './format-line.ts'
import { KeptLines, toLine } from './kept-lines.ts'
import { LineJudge } from './line-judge.ts'
import { type LogPlace, sourceRef } from './log-place.ts'
import { LogRows } from './log-rows.ts'
import { LogSearch } from './log-search.ts'
import { openLogTerminal } from './log-terminal.ts'
import { type LogWords, LogWriter, type WrittenRow } from './log-writer.ts'
import { linesAfter, PlaceSeeker } from './place-seeker.ts'
import { type ScreenState, startState } from './screen-state.ts'

/** Lines that wait while the reader looks at older ones; then the server is told to wait. */
const heldLines = 20_000
/** Columns when lines are not wrapped. */
const unwrappedColumns = 500
export interface ScreenOptions {
  look: LogLook
  wrap: boolean
  words: LogWords
  /** What the link leads to: shown when it comes, and then nothing moves. */
  place: LogPlace | null
  onState(state: ScreenState): void
  /** So many lines have been taken in. */
  onTaken(lines: number): void
  /** A line was clicked. */
  onClick(): void
}

/**
 * Lines in an xterm. While the reader looks at older lines nothing is written, so that nothing moves; what comes waits,
 * and when too much waits the server pauses. The lines are kept as data: another look needs no new request.
 */
export class LogScreen {
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #search: LogSearch
  readonly #options: ScreenOptions
  #look: LogLook
  #wrap: boolean
  readonly #rows: LogRows
  readonly #kept = new KeptLines()
  #held: StoredLine[] = []
  #sources: readonly LogSource[] = []
  readonly #judge = new LineJudge()
  readonly #seeker: PlaceSeeker
  #starts: ReadonlyMap<number, readonly bigint[]> = new Map()
  #writer: LogWriter
  #state = startState
  #pending: WrittenRow[] = []
  #pendingRows = 0
  #frame: ReturnType<typeof setTimeout> | number | undefined
  #observer: ResizeObserver
  #resting: ReturnType<typeof setTimeout> | undefined
  #disposed = false
  /** Taken credit is given back when the held lines have been shown. */
  #owed = 0

  constructor(element: HTMLElement, options: ScreenOptions) {
    this.#options = options
    this.#look = options.look
    this.#wrap = options.wrap
    this.#seeker = new PlaceSeeker(options.place, (line) => this.#settle(line))
    this.#writer = this.#newWriter()
    this.#terminal = openLogTerminal(element, options.look.theme)
    this.#rows = new LogRows(this.#terminal)
    this.#terminal.loadAddon(this.#fit)
    this.#search = new LogSearch(this.#terminal, (found) => this.#say({ found }))
    // At once, and when the scrolling has come to rest.
    const look = () => {
      requestAnimationFrame(() => this.#looked())
      clearTimeout(this.#resting)
      this.#resting = setTimeout(() => this.#looked(), 150)
    }
    // Captured: the terminal keeps the event to itself.
    element.addEventListener('wheel', look, { passive: true, capture: true })
    element.addEventListener('touchmove', look, { passive: true, capture: true })
    element.addEventListener('pointerup', look, { capture: true })
    element.addEventListener('keyup', look, { capture: true })
    element.addEventListener('click', (event) => this.#clicked(event))
    this.#terminal.onScroll(() => this.#say({ atTop: this.#terminal.buffer.active.viewportY === 0 }))
    this.#observer = new ResizeObserver(() => this.#resize())
    this.#observer.observe(element)
    this.#resize()
    // Measured with a stand-in, every letter would keep the stand-in's width.
    void this.#useFont()
  }

  setSources(sources: readonly LogSource[]): void {
    const width = gutterWidth(this.#sources, this.#terminal.cols)
    this.#sources = sources
    // Wider names move every line: only then are they written anew.
    if (gutterWidth(sources, this.#terminal.cols) !== width) this.#rewrite()
  }

  setLook(look: LogLook, wrap: boolean): void {
    const wrapChanged = wrap !== this.#wrap
    this.#look = look
    this.#wrap = wrap
    const element = this.#terminal.element?.parentElement
    if (element) this.#terminal.options.theme = readTheme(element, look.theme)
    if (wrapChanged) this.#resize()
    this.#rewrite()
  }

  /** Which lines are kept, and whose. The lines at hand are judged anew. */
  setFilter(filter: LineFilter | null, isMuted: (source: LogSource) => boolean): void {
    this.#judge.use(filter, isMuted)
    this.#say({ tooSlow: false })
    this.#judgeAll()
    this.#rewrite()
  }

  /** Nanoseconds of each known start of a container, by its source. */
  setStarts(starts: ReadonlyMap<number, readonly bigint[]>): void {
    this.#starts = starts
    // Lines that are being read stay where they are: the marks come with the next writing.
    if (this.#state.following && this.#kept.all().length > 0) this.#rewrite()
  }

  add(rows: readonly LogRow[], begins: ReadonlyMap<number, LogBegin>): void {
    for (const [source, begin] of begins) this.#kept.begin(source, begin)
    this.#arrive(rows.map(toLine), rows.length)
  }

  addGap(source: number, from: string, to: string): void {
    this.#arrive([{ kind: 'gap', source, from, to }], 0)
  }

  /** Puts older lines before the others, and keeps what is in sight where it is. */
  addOlder(source: number, rows: readonly LogRow[], begin: LogBegin | null): void {
    if (begin) this.#kept.begin(source, begin)
    this.#kept.prepend(rows.map(toLine))
    this.#say({ following: false })
    this.#judgeAll()
    this.#rewrite()
  }

  /** The place of a source's first line, and how many there are from it on; for asking for those before. */
  first(source: number): (LogBegin & { shown: number }) | null {
    const first = this.#kept.first(source)
    return first && { ...first, shown: first.shown + this.#held.length }
  }

  follow(): void {
    const held = this.#held
    this.#held = []
    this.#pick(null)
    this.#say({ following: true, waiting: 0 })
    this.#show(held)
    this.#terminal.scrollToBottom()
    this.#giveBack()
  }

  /** The line after the picked one, or before it; from the last in sight on. */
  move(by: 1 | -1): void {
    const lines = this.#kept.all().filter((line) => line.kind === 'line' && !line.hidden)
    const at = this.#state.picked ? lines.indexOf(this.#state.picked) : -1
    const next = at < 0 ? lines.findLast((line) => this.#rows.isInSight(line)) : lines[at + by]
    if (!next) return
    this.hold()
    this.#pick(next)
    this.#rows.bringIntoSight(next)
  }

  unpick(): void {
    this.#pick(null)
  }

  /** What a link to a line says. */
  placeOf(line: StoredLine & { kind: 'line' }): LogPlace | null {
    const source = this.#sources[line.source]
    return source ? { source: sourceRef(source), time: BigInt(line.time), nth: this.#kept.nth(line) } : null
  }

  hold(): void {
    this.#say({ following: false })
  }

  toTop(): void {
    this.hold()
    this.#terminal.scrollToTop()
  }

  scrollPages(pages: number): void {
    this.#terminal.scrollPages(pages)
    this.#looked()
  }

  find(text: string, direction: 'next' | 'previous' | 'first'): void {
    this.#search.find(text, direction, this.#look.theme)
    this.#looked()
  }

  /** What is selected, or else every line that the filter keeps. */
  text(): string {
    const selected = this.#terminal.getSelection()
    if (selected !== '') return selected
    const lines = this.#kept.all().filter((line) => !line.hidden)
    return lines.map((line) => plainLine(line, this.#sources, this.#look)).join('\n')
  }

  dispose(): void {
    this.#observer.disconnect()
    this.#disposed = true
    clearTimeout(this.#frame)
    clearTimeout(this.#resting)
    this.#seeker.stop()
    this.#terminal.dispose()
  }

  async #useFont(): Promise<void> {
    await document.fonts.load('12px "JetBrains Mono Variable"')
    if (this.#disposed) return
    this.#terminal.options.fontFamily = '"JetBrains Mono Variable", ui-monospace, monospace'
    this.#resize()
  }

  #arrive(lines: StoredLine[], credit: number): void {
    const isJudged = this.#judge.judge(lines, this.#sources, false)
    if (this.#state.following) {
      this.#show(lines)
      this.#pendingRows += credit
      this.#seeker.pass(lines, this.#sources)
    } else this.#held.push(...lines)
    if (!isJudged) {
      this.#say({ tooSlow: true })
      this.#judgeAll()
      this.#rewrite()
    }
    if (this.#state.following) return
    this.#sayWaiting()
    // Beyond the limit the credit is kept back: the server stops reading, and nothing is lost.
    if (this.#held.length > heldLines) this.#owed += credit
    else this.#options.onTaken(credit)
  }

  #judgeAll(): void {
    const all = [...this.#kept.all(), ...this.#held]
    if (!this.#judge.judge(all, this.#sources, true)) {
      this.#say({ tooSlow: true })
      this.#judge.judge(all, this.#sources, true)
    }
    this.#count()
    this.#sayWaiting()
  }

  #count(): void {
    const kept = this.#judge.count(this.#kept.all())
    const before = this.#state.kept
    if (kept?.shown !== before?.shown || kept?.all !== before?.all) this.#say({ kept })
  }

  #sayWaiting(): void {
    this.#say({ waiting: this.#held.filter((line) => !line.hidden).length })
  }

  #show(lines: readonly StoredLine[]): void {
    if (lines.length === 0) return
    const dropped = this.#kept.push(lines)
    if (dropped > 0) this.#say({ dropped: this.#state.dropped + dropped })
    this.#pending.push(...this.#writer.write(lines, this.#sources, this.#terminal.cols))
    this.#soon()
  }

  /** What the link leads to is there: from now on nothing moves. */
  #settle(line: StoredLine): void {
    this.#say({ following: false })
    this.#flush()
    this.#terminal.write('', () => {
      this.#pick(line)
      const place = this.#rows.rowsOf(line)
      if (place) this.#terminal.scrollToLine(Math.max(0, place.first - Math.floor(this.#terminal.rows / 3)))
    })
  }

  /** The next of the lines that wait, below those in sight. */
  #showMore(): void {
    const { viewportY } = this.#terminal.buffer.active
    const more = this.#held.splice(0, linesAfter)
    this.#sayWaiting()
    this.#show(more)
    this.#flush()
    this.#terminal.write('', () => this.#terminal.scrollToLine(viewportY))
    if (this.#held.length <= heldLines) this.#giveBack()
  }

  #giveBack(): void {
    const owed = this.#owed
    this.#owed = 0
    this.#options.onTaken(owed)
  }

  #newWriter(): LogWriter {
    return new LogWriter(
      this.#look,
      this.#options.words,
      (source) => this.#starts.get(source) ?? [],
      Date.now(),
    )
  }

  /** Once for each frame of the screen; in a hidden tab, where there are none, a few times a second. */
  #soon(): void {
    if (this.#frame !== undefined) return
    const flush = () => {
      this.#frame = undefined
      this.#count()
      this.#flush()
    }
    this.#frame = document.hidden ? setTimeout(flush, 200) : (requestAnimationFrame(flush) as number)
  }

  #flush(): void {
    const credit = this.#pendingRows
    const rows = this.#pending
    this.#pending = []
    this.#pendingRows = 0
    // Given back when it is drawn: the terminal's own pace is the viewer's.
    this.#terminal.write(asText(rows), () => {
      this.#rows.wrote(rows)
      this.#options.onTaken(credit)
    })
  }

  /** Writes all lines anew, and keeps the first in sight where it is. */
  #rewrite(): void {
    const { viewportY } = this.#terminal.buffer.active
    const top = this.#rows.lineAt(viewportY)
    this.#pending = []
    // In the order of what is written before and after, which a call would not be.
    this.#terminal.write('\u001bc\u001b[?25l', () => this.#rows.reset())
    this.#writer = this.#newWriter()
    const lines = this.#kept.all()
    const rows = this.#writer.write(lines, this.#sources, this.#terminal.cols)
    this.#terminal.write(asText(rows), () => {
      this.#rows.wrote(rows)
      if (this.#state.following) return this.#terminal.scrollToBottom()
      const from = top ? lines.indexOf(top) : -1
      const next = from < 0 ? undefined : lines.slice(from).find((line) => !line.hidden)
      const place = next && this.#rows.rowsOf(next)
      this.#terminal.scrollToLine(place?.first ?? this.#terminal.buffer.active.baseY)
      this.#pick(this.#state.picked?.hidden ? null : this.#state.picked)
      this.#say({ atTop: this.#terminal.buffer.active.viewportY === 0 })
    })
  }

  #pick(line: StoredLine | null): void {
    this.#say({ picked: line })
    this.#rows.highlight(line, this.#look.theme === 'dark' ? '#1d4a47' : '#d3ecea')
  }

  #clicked(event: MouseEvent): void {
    const line = this.#rows.lineUnder(event)
    if (line?.kind !== 'line') return
    this.hold()
    this.#pick(line)
    this.#options.onClick()
  }

  #looked(): void {
    if (this.#disposed) return
    const { viewportY, baseY } = this.#terminal.buffer.active
    const atEnd = viewportY >= baseY
    const readsOn = this.#options.place !== null && this.#held.length > 0
    if (atEnd && !this.#state.following && readsOn) this.#showMore()
    else if (atEnd && !this.#state.following && !this.#state.picked) this.follow()
    else if (!atEnd && this.#state.following) this.#say({ following: false })
    this.#say({ atTop: viewportY === 0 })
  }

  #resize(): void {
    const size = this.#fit.proposeDimensions()
    if (!size || Number.isNaN(size.rows) || size.rows < 1) return
    const columns = this.#wrap ? Math.max(size.cols, 20) : unwrappedColumns
    if (columns !== this.#terminal.cols || size.rows !== this.#terminal.rows)
      this.#terminal.resize(columns, size.rows)
    if (this.#state.picked) this.#rows.bringIntoSight(this.#state.picked)
  }

  #say(change: Partial<ScreenState>): void {
    const next = { ...this.#state, ...change }
    const same = (Object.keys(change) as (keyof ScreenState)[]).every(
      (key) => this.#state[key] === change[key],
    )
    if (same) return
    this.#state = next
    this.#options.onState(next)
  }
}

const asText = (rows: readonly WrittenRow[]) => rows.map(({ text }) => `${text}\n`).join('')
