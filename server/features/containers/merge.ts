type Plain = Record<string, unknown>

/** Fields, by their name in either API, that are lists of named things, and what names one of them. */
const nameOf: Readonly<Record<string, (item: unknown) => unknown>> = {
  Env: (item) => String(item).split('=', 1)[0],
  Ulimits: (item) => (item as { Name: string }).Name.toLowerCase(),
  static_ips: (item) => String(item).includes(':'),
  r_limits: (item) => (item as { type: string }).type,
  Devices: (item) => (item as { PathInContainer: string }).PathInContainer,
  devices: (item) => (item as { path: string }).path,
  DeviceRequests: (item) => JSON.stringify((item as { Capabilities?: unknown }).Capabilities),
  SecurityOpt: String,
}

/**
 * What an engine has, with what a person changed: `before` and `after` are the same form's bodies of before and after
 * the change, and only where they differ is `base` touched. Of what the form has no word for, nothing changes. Lists are
 * one value, but for those of named things.
 */
export function merge(base: unknown, before: unknown, after: unknown, field = ''): unknown {
  if (same(before, after)) return base
  if (isPlain(after) && (isPlain(before) || before === undefined)) {
    const merged: Plain = isPlain(base) ? { ...base } : {}
    for (const key of new Set([...Object.keys(before ?? {}), ...Object.keys(after)])) {
      const value = merge(merged[key], (before as Plain | undefined)?.[key], after[key], key)
      if (value === undefined) delete merged[key]
      else merged[key] = value
    }
    return merged
  }
  const name = nameOf[field]
  if (!name || !Array.isArray(base)) return after
  const [was, is] = [listed(before), listed(after)]
  const known = new Set([...was, ...is].map(name))
  const kept = is.map((item) => {
    const unchanged = was.some((one) => same(one, item))
    return (unchanged && base.find((one) => name(one) === name(item))) || item
  })
  const merged = [...base.filter((item) => !known.has(name(item))), ...kept]
  return merged.length > 0 ? merged : undefined
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a) ?? null) === JSON.stringify(sorted(b) ?? null)
}

/** With the keys of objects in one order: engines write their maps in any. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isPlain(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  )
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
