import type { LogLine } from '../../engine/logs.ts'

/**
 * Tells what an engine gives a second time. When json-file is rotated, a followed log of Docker 20.10 begins again with lines
 * that it has given (seen: `300`, then `266` to `300`, then `301`). Within one stream of a container, times do not go
 * back; where they do, a line that was given with that time and text is the same one. Any other is new: a clock was set back.
 */
export class Repeats {
  private readonly last = new Map<LogLine['stream'], LogLine>()
  /** What was given, while times are back. */
  private given: Set<string> | null = null

  /** @param passed lines given so far, as many as are kept. */
  isRepeat(line: LogLine, passed: () => Iterable<LogLine>): boolean {
    // Podman's whole seconds say nothing: equal lines of one second are as many as there are.
    if (line.time % 1_000_000_000n === 0n) return false
    const last = this.last.get(line.stream)
    if (last === undefined || line.time > last.time) {
      this.last.set(line.stream, line)
      this.given = null
      return false
    }
    if (line.time === last.time && this.given === null) return line.text === last.text
    this.given ??= new Set([...passed()].map(keyOf))
    return this.given.has(keyOf(line))
  }
}

const keyOf = ({ time, stream, text }: LogLine) => `${time} ${stream} ${text}`
