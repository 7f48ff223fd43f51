import type { LogLine } from '../../engine/logs.ts'

/**
 * A log read again and again, from where a reader is, in place of one that is followed. Podman's own following loses what stands
 * between its place and the end of a file that conmon cuts at its largest size (seen on 5.4: 1,270 of 3,000 lines at 10 kB), and
 * does not say so. Read anew, the log shows whether what was passed is still there.
 */
export class Polled {
  private last: LogLine | null = null

  /**
   * One reading without the line that may still be being written: Podman takes what is there of it for all. It is given once
   * it has been the same twice, or the container writes no more.
   */
  async *settled(lines: AsyncIterable<LogLine>, isRunning: () => boolean): AsyncGenerator<LogLine> {
    let held: LogLine | null = null
    for await (const line of lines) {
      if (held) yield held
      held = line
    }
    if (!held) return
    const { last } = this
    this.last = held
    const isSame = last !== null && last.time === held.time && last.text === held.text
    if (!isRunning() || (isSame && !held.open)) yield held
  }
}
