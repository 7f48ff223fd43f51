import { cn } from '#components/ui/cn.ts'
import { sparklinePoints } from '#lib/fleet/stats.ts'

const width = 40
const height = 16

/**
 * The last ten minutes as a line, newest at the right; breaks where nothing is known. Plain SVG: a table has hundreds.
 * Decoration: the number beside it says what it is.
 */
export function Sparkline({
  values,
  top,
  className,
}: {
  values: readonly (number | null)[]
  /** The value at the upper edge, at least: a tremble near zero is no mountain. */
  top: number
  className?: string
}) {
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={cn('h-4 w-10 shrink-0 text-accent', className)}
    >
      <path
        d={sparklinePath(values, top)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.25"
        strokeLinejoin="round"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}

/** SVG path data; a single known value between gaps is a dot. */
export function sparklinePath(values: readonly (number | null)[], top: number): string {
  // Nothing but zeros, of which none is to be higher than all.
  const highest = Math.max(top, ...values.map((value) => value ?? 0)) || 1
  const first = sparklinePoints - values.length
  let pen = 'M'
  let path = ''
  for (const [index, value] of values.entries()) {
    if (value === null) {
      pen = 'M'
      continue
    }
    const x = (((first + index) / (sparklinePoints - 1)) * (width - 2) + 1).toFixed(1)
    const y = (height - 1.5 - (value / highest) * (height - 3)).toFixed(1)
    path += `${pen}${x} ${y}`
    // A zero-length line with round ends is a dot.
    if (pen === 'M' && (values[index + 1] ?? null) === null) path += `L${x} ${y}`
    pen = 'L'
  }
  return path
}
