/** Nanoseconds of '15m', '2h', '1d' before `now`, or of a moment; undefined where it is neither. */
export function readMoment(text: string, now: number): string | undefined {
  const relative = /^(\d{1,6})([smhd])$/.exec(text.trim())
  if (relative) {
    const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[relative[2] as 's' | 'm' | 'h' | 'd']
    return String(BigInt(Math.max(0, Math.round(now - Number(relative[1]) * seconds * 1000))) * 1_000_000n)
  }
  const at = text.trim() === '' ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) || at < 0 ? undefined : String(BigInt(at) * 1_000_000n)
}
