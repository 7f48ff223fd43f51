import type { StoredLine } from './format-line.ts'

export interface ScreenState {
  /** The end is in sight, and new lines are shown as they come. */
  following: boolean
  /** Lines that came while it was not, and that the filter keeps. */
  waiting: number
  /** Lines that went out at the top. */
  dropped: number
  /** The top is in sight. */
  atTop: boolean
  found: { index: number; count: number } | null
  /** Lines at hand, and how many of them the filter keeps; told while something is filtered. */
  kept: { shown: number; all: number } | null
  /** The filter took too long, and is not used. */
  tooSlow: boolean
  /** The line that was clicked, or moved to, or that the link leads to. */
  picked: StoredLine | null
}

export const startState: ScreenState = {
  following: true,
  waiting: 0,
  dropped: 0,
  atTop: true,
  found: null,
  kept: null,
  tooSlow: false,
  picked: null,
}
