import type { ITheme } from '@xterm/xterm'

/** The page's own colours; the sixteen of ANSI are chosen for each background, and xterm raises what is still too faint. */
export function readTheme(element: HTMLElement, theme: 'light' | 'dark'): ITheme {
  const dark = theme === 'dark'
  const style = getComputedStyle(element)
  const background = style.backgroundColor
  const base = {
    background,
    foreground: style.color,
    cursor: background,
    selectionBackground: dark ? '#2f5f5b' : '#b9e0dc',
  }
  return dark
    ? {
        ...base,
        black: '#3b4448',
        red: '#ff7b7b',
        green: '#4fc274',
        yellow: '#e3ad45',
        blue: '#6cb2f0',
        magenta: '#d69be0',
        cyan: '#45c7ba',
        white: '#e7ebec',
        brightBlack: '#8b959a',
        brightRed: '#ff9d9d',
        brightGreen: '#7fd99c',
        brightYellow: '#f2cc7d',
        brightBlue: '#9ccbf5',
        brightMagenta: '#e6bdec',
        brightCyan: '#7fdcd2',
        brightWhite: '#ffffff',
      }
    : {
        ...base,
        black: '#14181a',
        red: '#c02229',
        green: '#18793a',
        yellow: '#855600',
        blue: '#0a5fa8',
        magenta: '#8e2f9c',
        cyan: '#0a7570',
        white: '#5f686e',
        brightBlack: '#5f686e',
        brightRed: '#c02229',
        brightGreen: '#18793a',
        brightYellow: '#855600',
        brightBlue: '#0a5fa8',
        brightMagenta: '#8e2f9c',
        brightCyan: '#0a7570',
        brightWhite: '#14181a',
      }
}
