import type { IDecoration, Terminal } from '@xterm/xterm'
import type { StoredLine } from './format-line.ts'
import { keptLines } from './kept-lines.ts'
import type { WrittenRow } from './log-writer.ts'

/** Which line stands where in the terminal: it wraps and lets go of rows by itself, so they are counted from its end. */
export class LogRows {
  readonly #terminal: Terminal
  #lines: (StoredLine | null)[] = []
  #mark: IDecoration | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** They are in the terminal now. */
  wrote(rows: readonly WrittenRow[]): void {
    for (const { line } of rows) this.#lines.push(line)
    if (this.#lines.length > 5 * keptLines) this.#lines = this.#lines.slice(-3 * keptLines)
  }

  reset(): void {
    this.#lines = []
    this.#mark?.dispose()
  }

  /** The line in a row of the buffer; null for a mark, and below the last line. */
  lineAt(row: number): StoredLine | null {
    for (const place of this.#upwards()) if (place.first <= row) return row < place.end ? place.line : null
    return null
  }

  /** The first row of a line, and the one after its last. */
  rowsOf(line: StoredLine): { first: number; end: number } | null {
    for (const place of this.#upwards()) if (place.line === line) return place
    return null
  }

  /** The line below the pointer. */
  lineUnder(event: MouseEvent): StoredLine | null {
    const screen = this.#terminal.element?.querySelector('.xterm-screen')
    // A link takes its own clicks, and a selection is made with them.
    if (!screen || this.#terminal.hasSelection() || screen.classList.contains('xterm-cursor-pointer'))
      return null
    const { top, height } = screen.getBoundingClientRect()
    const row = Math.floor((event.clientY - top) / (height / this.#terminal.rows))
    return this.lineAt(this.#terminal.buffer.active.viewportY + row)
  }

  isInSight(line: StoredLine): boolean {
    const { viewportY } = this.#terminal.buffer.active
    const place = this.rowsOf(line)
    return place !== null && place.first >= viewportY && place.end <= viewportY + this.#terminal.rows
  }

  /** Scrolls so far as is needed. */
  bringIntoSight(line: StoredLine): void {
    const { viewportY } = this.#terminal.buffer.active
    const place = this.rowsOf(line)
    if (!place) return
    if (place.first < viewportY) this.#terminal.scrollToLine(place.first)
    else if (place.end > viewportY + this.#terminal.rows)
      this.#terminal.scrollToLine(place.end - this.#terminal.rows)
  }

  highlight(line: StoredLine | null, colour: string): void {
    this.#mark?.dispose()
    const place = line && this.rowsOf(line)
    if (!place) return
    const { baseY, cursorY } = this.#terminal.buffer.active
    const marker = this.#terminal.registerMarker(place.first - baseY - cursorY)
    this.#mark = this.#terminal.registerDecoration({
      marker,
      width: this.#terminal.cols,
      height: place.end - place.first,
      backgroundColor: colour,
      layer: 'bottom',
    })
  }

  *#upwards(): Generator<{ line: StoredLine | null; first: number; end: number }> {
    const buffer = this.#terminal.buffer.active
    let index = this.#lines.length - 1
    let end = buffer.baseY + buffer.cursorY
    for (let row = end - 1; row >= 0 && index >= 0; row--) {
      if (buffer.getLine(row)?.isWrapped) continue
      yield { line: this.#lines[index] ?? null, first: row, end }
      end = row
      index--
    }
  }
}
