import '@xterm/xterm/css/xterm.css'
import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { Unicode11Addon } from '@xterm/addon-unicode11'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { Terminal } from '@xterm/xterm'
import { openSocket, ReconnectingSocket } from '#components/data/reconnecting-socket.ts'
import type { TerminalClientFrame, TerminalServerFrame } from '#lib/contracts/terminal.ts'
import { isLogLink } from '#lib/logs/sanitise.ts'
import { readTheme } from './terminal-theme.ts'

export type TerminalStatus =
  | { state: 'connecting' | 'open' | 'reconnecting' }
  | { state: 'over'; code: number | null }
  | { state: 'cut' | 'moved' }
  | { state: 'failed'; error: Extract<TerminalServerFrame, { type: 'error' }>['error'] }

export interface TerminalRequest {
  hostId: string
  containerId: string
  mode: 'exec' | 'attach'
  shell: string
  user: string
  workingDirectory: string
}

/** Bytes of one frame of input; the server takes 64 KiB at most. */
const pieceBytes = 32 * 1024
/** Bytes waiting in the browser's socket above which a paste waits. */
const fullBytes = 256 * 1024

/**
 * One session in an xterm. What the container's program asks of its terminal (its size, the cursor's place) is answered,
 * since programs at a prompt need it; the clipboard is not theirs: no OSC 52 is handled, and a title is not taken.
 */
export class TerminalClient {
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #search = new SearchAddon()
  readonly #socket: ReconnectingSocket
  readonly #element: HTMLElement
  readonly #observer: ResizeObserver
  readonly #onStatus: (status: TerminalStatus) => void
  readonly #request: TerminalRequest
  readonly #onId: (id: string | null) => void
  /** Which terminal of the server it is; null before it is opened, and when it is over. */
  #id: string | null
  /** Bytes of its output that came. */
  #received = 0
  #queue: Uint8Array[] = []
  #pumping = false
  #over = false

  constructor(
    element: HTMLElement,
    request: TerminalRequest,
    handlers: {
      theme: 'light' | 'dark'
      onStatus(status: TerminalStatus): void
      /** What it can be resumed by when the page is loaded again; null when it cannot. */
      onId(id: string | null): void
      /** That of before the page was loaded again. */
      resumes: string | null
      askPaste(lines: number): Promise<boolean>
    },
  ) {
    this.#element = element
    this.#onStatus = handlers.onStatus
    this.#onId = handlers.onId
    this.#id = handlers.resumes
    this.#request = request
    this.#terminal = new Terminal({
      scrollback: 5000,
      fontSize: 13,
      lineHeight: 1.25,
      cursorBlink: true,
      allowProposedApi: true,
      fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace',
      theme: readTheme(element, handlers.theme),
      minimumContrastRatio: 4.5,
      // The same keys as in every other terminal: selecting text and the right mouse button stay the page's.
      rightClickSelectsWord: false,
    })
    for (const addon of [this.#fit, this.#search, new Unicode11Addon()]) this.#terminal.loadAddon(addon)
    this.#terminal.unicode.activeVersion = '11'
    this.#terminal.loadAddon(
      new WebLinksAddon((_event, address) => {
        if (isLogLink(address)) window.open(address, '_blank', 'noopener,noreferrer')
      }),
    )
    this.#terminal.open(element)
    this.#terminal.attachCustomKeyEventHandler((event) => this.#key(event))
    this.#fitNow()
    const { hostId, containerId } = request
    this.#socket = new ReconnectingSocket({
      connect: () => openSocket('/api/terminal', { hostId, containerId }),
      firstWaitMs: 500,
      opened: () => this.#begin(),
      message: (data) => {
        if (typeof data === 'string') this.#take(JSON.parse(data) as TerminalServerFrame)
        else {
          this.#received += data.byteLength
          this.#terminal.write(new Uint8Array(data), () =>
            this.#say({ type: 'taken', bytes: data.byteLength }),
          )
        }
      },
      closed: (_code, comesBack) => {
        // One that was not yet open has nothing to come back to.
        if (comesBack && this.#id !== null && !this.#over) this.#onStatus({ state: 'reconnecting' })
        else this.#end({ state: 'cut' })
      },
    })
    this.#onStatus({ state: 'connecting' })
    this.#socket.start()
    this.#terminal.onData((text) => this.#send(new TextEncoder().encode(text)))
    this.#terminal.onBinary((text) => this.#send(Uint8Array.from(text, (letter) => letter.charCodeAt(0))))
    this.#terminal.onResize(({ cols, rows }) => this.#say({ type: 'resize', columns: cols, rows }))
    // Before xterm's own: a page of commands is not to run because it was on the clipboard.
    element.addEventListener(
      'paste',
      (event) => {
        const text = event.clipboardData?.getData('text/plain') ?? ''
        const lines = text.split('\n').length
        if (lines < 2 || this.#terminal.modes.bracketedPasteMode) return
        event.preventDefault()
        event.stopPropagation()
        void this.#pasteIf(handlers.askPaste(lines), text)
      },
      { capture: true },
    )
    this.#observer = new ResizeObserver(() => this.#fitNow())
    this.#observer.observe(element)
    void this.#useFont()
    this.focus()
  }

  focus(): void {
    this.#terminal.focus()
  }

  /** As if typed: the keys that a phone's keyboard lacks. */
  press(sequence: string): void {
    this.#terminal.input(sequence)
    this.focus()
  }

  retheme(theme: 'light' | 'dark'): void {
    this.#terminal.options.theme = readTheme(this.#element, theme)
  }

  resizeFont(by: number): void {
    const size = Math.min(24, Math.max(9, (this.#terminal.options.fontSize ?? 13) + by))
    this.#terminal.options.fontSize = size
    this.#fitNow()
  }

  dispose(): void {
    this.#over = true
    this.#observer.disconnect()
    this.#socket.stop()
    this.#terminal.dispose()
  }

  #begin(): void {
    const size = { columns: this.#terminal.cols, rows: this.#terminal.rows }
    if (this.#id !== null) return this.#say({ type: 'resume', id: this.#id, from: this.#received, ...size })
    const { mode, shell, user, workingDirectory } = this.#request
    this.#say({
      type: 'start',
      mode,
      ...size,
      ...(shell ? { shell } : {}),
      ...(user ? { user } : {}),
      ...(workingDirectory ? { workingDirectory } : {}),
    })
  }

  #take(frame: TerminalServerFrame): void {
    switch (frame.type) {
      case 'started':
        this.#id = frame.id
        this.#onId(frame.id)
        return this.#onStatus({ state: 'open' })
      case 'resumed':
        if (frame.from > this.#received) this.#terminal.write('\u001b[2m…\u001b[22m\r\n')
        this.#received = frame.from
        return this.#onStatus({ state: 'open' })
      case 'gone':
        return this.#gone()
      case 'moved':
        return this.#end({ state: 'moved' })
      case 'exit':
        return this.#end({ state: 'over', code: frame.code })
      case 'error':
        return this.#end({ state: 'failed', error: frame.error })
    }
  }

  /** It has ended while the page was away. A page that was loaded again opens another; what is on the screen stays. */
  #gone(): void {
    if (this.#received > 0) return this.#end({ state: 'cut' })
    this.#id = null
    this.#onId(null)
    this.#begin()
  }

  #end(status: TerminalStatus): void {
    if (this.#over) return
    this.#over = true
    this.#id = null
    this.#onId(null)
    this.#socket.stop()
    this.#terminal.options.disableStdin = true
    this.#terminal.options.cursorBlink = false
    this.#onStatus(status)
  }

  #say(frame: TerminalClientFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  /** In order and in pieces: a paste of megabytes must neither overtake keys nor fill the browser's memory twice. */
  #send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      this.#queue.push(bytes.subarray(at, at + pieceBytes))
    if (!this.#pumping) void this.#pump()
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    for (let piece = this.#queue.shift(); piece && this.#socket.isOpen; piece = this.#queue.shift()) {
      this.#socket.send(piece as Uint8Array<ArrayBuffer>)
      while (this.#socket.waiting > fullBytes && this.#socket.isOpen)
        await new Promise((resolve) => setTimeout(resolve, 20))
    }
    this.#pumping = false
  }

  /** Ctrl-Shift-C copies, as in terminals where Ctrl-C interrupts. */
  #key(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey || event.code !== 'KeyC') return true
    const text = this.#terminal.getSelection()
    if (text !== '') void navigator.clipboard.writeText(text)
    event.preventDefault()
    return false
  }

  async #pasteIf(asked: Promise<boolean>, text: string): Promise<void> {
    if (await asked) this.#terminal.paste(text)
    this.focus()
  }

  async #useFont(): Promise<void> {
    await document.fonts.load('13px "JetBrains Mono Variable"')
    if (this.#over) return
    this.#terminal.options.fontFamily = '"JetBrains Mono Variable", monospace'
    this.#fitNow()
  }

  #fitNow(): void {
    const size = this.#fit.proposeDimensions()
    if (size && size.cols > 1 && size.rows > 0) this.#fit.fit()
  }
}
