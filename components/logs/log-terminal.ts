import '@xterm/xterm/css/xterm.css'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { Terminal } from '@xterm/xterm'
import { readTheme } from '#components/terminal/terminal-theme.ts'
import { isLogLink } from '#lib/logs/sanitise.ts'
import { keptLines } from './kept-lines.ts'

/** An xterm that shows and never answers. */
export function openLogTerminal(element: HTMLElement, theme: 'light' | 'dark'): Terminal {
  const terminal = new Terminal({
    disableStdin: true,
    convertEol: true,
    scrollback: 2 * keptLines,
    fontSize: 12,
    lineHeight: 1.35,
    cursorStyle: 'bar',
    cursorInactiveStyle: 'none',
    cursorBlink: false,
    allowProposedApi: true,
    fontFamily: '"JetBrains Mono Variable", monospace',
    theme: readTheme(element, theme),
    minimumContrastRatio: 4.5,
    screenReaderMode: false,
  })
  terminal.loadAddon(
    new WebLinksAddon((_event, address) => {
      // The pattern takes only http(s); asked again, since a log is nobody's word.
      if (isLogLink(address)) window.open(address, '_blank', 'noopener,noreferrer')
    }),
  )
  terminal.open(element)
  // A log is read, not typed into: what the emulator would answer to queries goes nowhere, for nobody listens.
  terminal.write('\u001b[?25l')
  return terminal
}
