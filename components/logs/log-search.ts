import { SearchAddon } from '@xterm/addon-search'
import type { Terminal } from '@xterm/xterm'

/** Search in the lines that the terminal shows, with their count. */
export class LogSearch {
  readonly #addon = new SearchAddon()
  readonly #onFound: (found: { index: number; count: number } | null) => void

  constructor(terminal: Terminal, onFound: (found: { index: number; count: number } | null) => void) {
    terminal.loadAddon(this.#addon)
    this.#onFound = onFound
    this.#addon.onDidChangeResults(({ resultIndex, resultCount }) =>
      onFound({ index: resultIndex + 1, count: resultCount }),
    )
  }

  find(text: string, direction: 'next' | 'previous' | 'first', theme: 'light' | 'dark'): void {
    if (text === '') {
      this.#addon.clearDecorations()
      this.#onFound(null)
      return
    }
    const dark = theme === 'dark'
    const decorations = {
      matchBackground: dark ? '#5c4a12' : '#ffe9a8',
      matchOverviewRuler: '#b8860b',
      activeMatchBackground: dark ? '#8a6d10' : '#ffc83d',
      activeMatchColorOverviewRuler: '#d98200',
    }
    const options = { decorations, incremental: direction === 'first' }
    if (direction === 'next') this.#addon.findNext(text, options)
    else this.#addon.findPrevious(text, options)
  }
}
