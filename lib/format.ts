const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

const siUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const
const iecUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Numbers, sizes and times for people, by Intl. One per language; made once and kept. */
export interface Format {
  /** Whole numbers with separators. */
  count(value: number): string
  /** A share from 0 to 1 as a percentage, always with as many digits, so that a live one does not change its width. */
  percent(share: number, digits?: 0 | 1 | 2): string
  /** Sizes of images and disks in steps of 1000, as the docker CLI prints them: "72.8 MB". */
  bytes(value: number): string
  /** Memory in steps of 1024: "512 MiB". */
  memory(value: number): string
  /** The largest unit alone: "45s", "12m", "3h", "63d", "2y". Never negative. */
  age(at: string, nowMs: number): string
  /** Round trips: "0.8 ms", "12 ms", "1.2 s". */
  latency(ms: number): string
  /** Date and time to the second, in the browser's time zone. */
  dateTime(at: string): string
  date(at: string): string
}

const made = new Map<string, Format>()

export function formatFor(locale: string): Format {
  let format = made.get(locale)
  if (!format) {
    format = createFormat(locale)
    made.set(locale, format)
  }
  return format
}

function createFormat(locale: string): Format {
  const number = (options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options)
  const unit = (unit: string, digits = 0) =>
    number({ style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: digits })
  const whole = number({ maximumFractionDigits: 0 })
  const digits = [0, 1, 2].map((places) => number({ maximumFractionDigits: places }))
  const percents = [0, 1, 2].map((places) =>
    number({ style: 'percent', minimumFractionDigits: places, maximumFractionDigits: places }),
  )
  const si = siUnits.map((unit) =>
    number({ style: 'unit', unit, unitDisplay: 'short', maximumSignificantDigits: 3 }),
  )
  const spans = {
    year: unit('year'),
    day: unit('day'),
    hour: unit('hour'),
    minute: unit('minute'),
    second: unit('second'),
  }
  const milliseconds = [0, 1].map((places) =>
    number({ style: 'unit', unit: 'millisecond', unitDisplay: 'short', maximumFractionDigits: places }),
  )
  const seconds = number({ style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 1 })
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const steps = [
    [year, spans.year],
    [day, spans.day],
    [hour, spans.hour],
    [minute, spans.minute],
    [second, spans.second],
  ] as const

  return {
    count: (value) => whole.format(value),
    percent: (share, places = 0) => percents[places]?.format(share) ?? String(share),
    bytes(value) {
      const power = stepOf(value, 1000, si.length)
      // Intl writes the word out: "0 byte".
      if (power === 0) return `${whole.format(value)} B`
      return si[power]?.format(value / 1000 ** power) ?? String(value)
    },
    memory(value) {
      const power = stepOf(value, 1024, iecUnits.length)
      const scaled = value / 1024 ** power
      const places = power === 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2
      return `${digits[places]?.format(scaled)} ${iecUnits[power]}`
    },
    age(at, nowMs) {
      const passed = Math.max(0, nowMs - Date.parse(at))
      // Two years and more are counted in years: "1y" would hide whether it is 12 or 23 months.
      const step = steps.find(([length]) => passed >= (length === year ? 2 * year : length)) ?? steps[4]
      return step[1].format(Math.floor(passed / step[0]))
    },
    latency(ms) {
      if (ms >= 1000) return seconds.format(ms / 1000)
      return milliseconds[ms < 10 ? 1 : 0]?.format(ms) ?? String(ms)
    },
    dateTime: (at) => dateTime.format(new Date(at)),
    date: (at) => date.format(new Date(at)),
  }
}

/** Highest power of `base` that leaves at least 1, within the units there are; 999.5 kB is already 1 MB when rounded. */
function stepOf(value: number, base: number, units: number): number {
  let power = 0
  while (power < units - 1 && Math.abs(value) / base ** power >= base - 0.5) power++
  return power
}
