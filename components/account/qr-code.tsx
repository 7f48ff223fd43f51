import { encodeQR } from 'qr'

/** A QR code as an inline picture: dark on light in either theme, since many scanners want it so. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const rows = encodeQR(text, 'raw', { border: 2 })
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shapeRendering="crispEdges"
      className="size-44 self-center rounded-md bg-white"
    >
      <path d={path} fill="black" />
    </svg>
  )
}
