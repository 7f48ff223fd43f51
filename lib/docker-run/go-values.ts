/** Values of flags as Go's own packages read them: a line means here what it means to the engines' programs. */

/** `strconv.ParseBool`: these words and no others; null for the rest, which the programs refuse. */
export function parseGoBool(text: string): boolean | null {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false
  return null
}

/** `strconv.ParseInt` with base 0, as of pflag's ints: `10`, `0x1f`, `0b11`, `0o17`, `017` (octal too), `1_000`. */
export function parseGoInt(text: string): number | null {
  const match = /^([+-]?)(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][\d_]*|0)$/.exec(text)
  if (!match || /__|_$|^[+-]?_/.test(text)) return null
  const digits = (match[2] as string).replaceAll('_', '')
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  if (!Number.isSafeInteger(value)) return null
  return match[1] === '-' && value !== 0 ? -value : value
}

/**
 * A record of `encoding/csv`, which reads `--mount`, `--network`, `--gpus` and Podman's lists: a field in double quotes
 * may hold commas, a doubled quote is one. Null where Go refuses it (a bare quote, a quote that is not closed).
 */
export function parseGoCsv(text: string): string[] | null {
  const fields: string[] = []
  let rest = text
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",\n]*))(,|$)/.exec(rest)
    if (!match) return null
    fields.push(match[1] === undefined ? (match[2] as string) : match[1].replaceAll('""', '"'))
    if (match[3] === '') return fields
    rest = rest.slice(match[0].length)
  }
}

/** `big.Rat` in billionths, of `--cpus`: `1.5`, `.5`, `1/2`, `5e-1`; null where it is none or finer. */
export function parseCpus(text: string): number | null {
  const match = /^\+?(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)(?:\/([1-9]\d*))?$/.exec(text)
  if (!match || (match[2] !== undefined && /[.eE]/.test(match[1] as string))) return null
  const value = Number(match[1]) / Number(match[2] ?? 1)
  const nano = Math.round(value * 1e9)
  return Math.abs(nano - value * 1e9) < 1e-4 ? value : null
}
