import '@xterm/xterm/css/xterm.css'
import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { Terminal } from '@xterm/xterm'
import { readTheme } from '#components/terminal/terminal-theme.ts'
import type { LogRow, LogSource } from '#lib/contracts/logs.ts'
import { isLogLink } from '#lib/log-sanitise.ts'
import { formatLine, gutterWidth, type LogLook, plainLine, type StoredLine } from './format-line.ts'

/** Lines in sight and above; older ones go, and can be loaded again. */
export const keptLines = 10_000
/** Lines that wait while the reader looks at older ones; then the server is told to wait. */
const heldLines = 20_000
/** Columns when lines are not wrapped. */
const unwrappedColumns = 500

export interface ScreenState {
  /** The end is in sight, and new lines are shown as they come. */
  following: boolean
  /** Lines that came while it was not. */
  waiting: number
  /** Lines that went out at the top. */
  dropped: number
  /** The top is in sight. */
  atTop: boolean
  found: { index: number; count: number } | null
}

export interface ScreenOptions {
  look: LogLook
  wrap: boolean
  gapText(from: string, to: string): string
  onState(state: ScreenState): void
  /** So many lines have been taken in. */
  onTaken(lines: number): void
}

/**
 * Lines in an xterm. While the reader looks at older lines nothing is written, so that nothing moves; what comes waits,
 * and when too much waits the server pauses. The lines are kept as data: another look needs no new request.
 */
export class LogScreen {
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #search = new SearchAddon()
  readonly #options: ScreenOptions
  #look: LogLook
  #wrap: boolean
  #lines: StoredLine[] = []
  #held: StoredLine[] = []
  #sources: readonly LogSource[] = []
  #state: ScreenState = { following: true, waiting: 0, dropped: 0, atTop: true, found: null }
  #pending: string[] = []
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
    this.#terminal = new Terminal({
      ...{ disableStdin: true, convertEol: true, scrollback: 2 * keptLines, fontSize: 12, lineHeight: 1.35 },
      ...{ cursorStyle: 'bar', cursorInactiveStyle: 'none', cursorBlink: false, allowProposedApi: true },
      fontFamily: '"JetBrains Mono Variable", monospace',
      theme: readTheme(element, options.look.theme),
      minimumContrastRatio: 4.5,
      screenReaderMode: false,
    })
    this.#terminal.loadAddon(this.#fit)
    this.#terminal.loadAddon(this.#search)
    this.#terminal.loadAddon(
      new WebLinksAddon((_event, address) => {
        // The pattern takes only http(s); asked again, since a log is nobody's word.
        if (isLogLink(address)) window.open(address, '_blank', 'noopener,noreferrer')
      }),
    )
    this.#terminal.open(element)
    // A log is read, not typed into: what the emulator would answer to queries goes nowhere, for nobody listens.
    this.#terminal.write('\u001b[?25l')
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) => {
      this.#say({ found: { index: resultIndex + 1, count: resultCount } })
    })
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

  add(rows: readonly LogRow[]): void {
    this.#arrive(
      rows.map(([source, time, stream, text]) => ({ kind: 'line', source, time, stream, text })),
      rows.length,
    )
  }

  addGap(source: number, from: string, to: string): void {
    this.#arrive([{ kind: 'gap', source, from, to }], 0)
  }

  /** Puts older lines before the others, and keeps what is in sight where it is. */
  addOlder(rows: readonly LogRow[]): void {
    const older = rows.map(
      ([source, time, stream, text]): StoredLine => ({ kind: 'line', source, time, stream, text }),
    )
    const all = [...older, ...this.#lines]
    all.sort((a, b) => compare(timeOf(a), timeOf(b)))
    this.#lines = all.slice(0, 2 * keptLines)
    const before = this.#terminal.buffer.active.length
    this.#say({ following: false })
    this.#rewrite(() => {
      const added = this.#terminal.buffer.active.length - before
      this.#terminal.scrollToLine(Math.max(0, added))
      this.#looked()
    })
  }

  /** How many lines of a source are there, and the time of its first; for asking for those before. */
  first(source: number): { shown: number; time: string } | null {
    const own = this.#lines.filter((line) => line.source === source && line.kind === 'line')
    const [line] = own
    return line?.kind === 'line' ? { shown: own.length + this.#held.length, time: line.time } : null
  }

  follow(): void {
    const held = this.#held
    this.#held = []
    this.#say({ following: true, waiting: 0 })
    this.#show(held)
    this.#terminal.scrollToBottom()
    const owed = this.#owed
    this.#owed = 0
    this.#options.onTaken(owed)
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

  clear(): void {
    this.#lines = []
    this.#held = []
    this.#terminal.reset()
    this.#say({ dropped: 0, waiting: 0 })
  }

  find(text: string, direction: 'next' | 'previous' | 'first'): void {
    if (text === '') {
      this.#search.clearDecorations()
      this.#say({ found: null })
      return
    }
    const dark = this.#look.theme === 'dark'
    const decorations = {
      matchBackground: dark ? '#5c4a12' : '#ffe9a8',
      matchOverviewRuler: '#b8860b',
      activeMatchBackground: dark ? '#8a6d10' : '#ffc83d',
      activeMatchColorOverviewRuler: '#d98200',
    }
    const options = { decorations, incremental: direction === 'first' }
    if (direction === 'next') this.#search.findNext(text, options)
    else this.#search.findPrevious(text, options)
    this.#looked()
  }

  /** What is selected, or else every line. */
  text(): string {
    const selected = this.#terminal.getSelection()
    if (selected !== '') return selected
    return this.#lines.map((line) => plainLine(line, this.#sources, this.#look)).join('\n')
  }

  dispose(): void {
    this.#observer.disconnect()
    this.#disposed = true
    clearTimeout(this.#frame)
    clearTimeout(this.#resting)
    this.#terminal.dispose()
  }

  async #useFont(): Promise<void> {
    await document.fonts.load('12px "JetBrains Mono Variable"')
    if (this.#disposed) return
    this.#terminal.options.fontFamily = '"JetBrains Mono Variable", ui-monospace, monospace'
    this.#resize()
  }

  #arrive(lines: StoredLine[], credit: number): void {
    if (this.#state.following) {
      this.#show(lines)
      this.#pendingRows += credit
      return
    }
    this.#held.push(...lines)
    this.#say({ waiting: this.#held.length })
    // Beyond the limit the credit is kept back: the server stops reading, and nothing is lost.
    if (this.#held.length > heldLines) this.#owed += credit
    else this.#options.onTaken(credit)
  }

  #show(lines: readonly StoredLine[]): void {
    if (lines.length === 0) return
    for (const line of lines) this.#lines.push(line)
    const over = this.#lines.length - keptLines
    if (over > 0) {
      this.#lines.splice(0, over)
      this.#say({ dropped: this.#state.dropped + over })
    }
    const width = gutterWidth(this.#sources, this.#terminal.cols)
    for (const line of lines) this.#pending.push(this.#format(line, width))
    this.#soon()
  }

  #format(line: StoredLine, width: number): string {
    const gap = line.kind === 'gap' ? this.#options.gapText(line.from, line.to) : ''
    return formatLine(line, this.#sources, width, this.#look, gap)
  }

  /** Once for each frame of the screen; in a hidden tab, where there are none, a few times a second. */
  #soon(): void {
    if (this.#frame !== undefined) return
    const flush = () => {
      this.#frame = undefined
      const rows = this.#pendingRows
      const text = this.#pending.join('\n')
      const any = this.#pending.length > 0
      this.#pending = []
      this.#pendingRows = 0
      // Given back when it is drawn: the terminal's own pace is the viewer's.
      if (any) this.#terminal.write(`${text}\n`, () => this.#options.onTaken(rows))
      else this.#options.onTaken(rows)
    }
    this.#frame = document.hidden ? setTimeout(flush, 200) : (requestAnimationFrame(flush) as number)
  }

  #rewrite(done?: () => void): void {
    this.#pending = []
    this.#terminal.reset()
    this.#terminal.write('\u001b[?25l')
    const width = gutterWidth(this.#sources, this.#terminal.cols)
    const text = this.#lines.map((line) => this.#format(line, width)).join('\n')
    this.#terminal.write(text === '' ? '' : `${text}\n`, () => {
      if (this.#state.following) this.#terminal.scrollToBottom()
      done?.()
    })
  }

  #looked(): void {
    if (this.#disposed) return
    const { viewportY, baseY } = this.#terminal.buffer.active
    const atEnd = viewportY >= baseY
    if (atEnd && !this.#state.following) this.follow()
    else if (!atEnd && this.#state.following) this.#say({ following: false })
    this.#say({ atTop: viewportY === 0 })
  }

  #resize(): void {
    const size = this.#fit.proposeDimensions()
    if (!size || Number.isNaN(size.rows) || size.rows < 1) return
    const columns = this.#wrap ? Math.max(size.cols, 20) : unwrappedColumns
    if (columns !== this.#terminal.cols || size.rows !== this.#terminal.rows)
      this.#terminal.resize(columns, size.rows)
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

const timeOf = (line: StoredLine) => BigInt(line.kind === 'line' ? line.time : line.from)
const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)
