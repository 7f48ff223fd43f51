import { permissions } from '#lib/permissions.ts'

/** A step of a day's work as its script printed it: what was asked, and all that came of it. */
export interface DayStep {
  title: string
  text: string
}

export interface DayDifference {
  title: string
  /** The permission that its refusal names, that it follows from what was refused before, what is known of the client, or what there was instead. */
  why: { permission: string } | 'follows' | { because: string } | { direct: string; through: string }
}

export interface DayRow {
  client: string
  engine: string
  role: string
  steps: number
  differences: DayDifference[]
}

/** The steps of what a script of server/testing/day printed. */
export function stepsOf(printed: string): DayStep[] {
  const parts = printed.split(/^\$ (?=\S)/m).slice(1)
  return parts.map((part) => {
    const [title = '', ...lines] = part.split('\n')
    return { title, text: lines.join('\n').trim() }
  })
}

/**
 * What of a day was otherwise than at the engine, and why. A step that was not come to counts as one.
 * @param because what is known of those steps that says nothing of a refusal
 */
export function differencesOf(
  direct: readonly DayStep[],
  through: readonly DayStep[],
  because?: { steps: RegExp; why: string },
): DayDifference[] {
  const differences: DayDifference[] = []
  const left = [...through]
  let isRefused = false
  for (const { title, text } of direct) {
    const at = left.findIndex((step) => step.title === title)
    const [step] = at === -1 ? [] : left.splice(at, 1)
    if (step?.text === text) continue
    const isUnlisted = step?.text.includes('Roadstead does not hand on')
    const permission =
      permissions.find((name) => step?.text.includes(name) && !text.includes(name)) ??
      // Told as of what is in no table, so that clients go on.
      (isUnlisted ? 'gateway.raw' : undefined)
    const why = permission
      ? { permission }
      : isRefused
        ? ('follows' as const)
        : because?.steps.test(title)
          ? { because: because.why }
          : { direct: text, through: step?.text ?? 'not come to' }
    isRefused ||= permission !== undefined
    differences.push({ title, why })
  }
  return differences
}

/** As the page for people has a title: its first words. */
const brief = (title: string) => (title.length > 44 ? `${title.slice(0, 43).trim()}…` : title)
const code = (title: string) => `\`${brief(title).replaceAll('`', "'").replaceAll('|', '\\|')}\``

/** The differences of one row in words: by permission, in the order in which they came. */
function words(differences: readonly DayDifference[]): string {
  const groups = new Map<string, string[]>()
  for (const { title, why } of differences) {
    const group =
      why === 'follows'
        ? 'not without these'
        : 'permission' in why
          ? `needs ${why.permission}`
          : 'because' in why
            ? why.because
            : 'otherwise than at the engine'
    groups.set(group, [...(groups.get(group) ?? []), code(title)])
  }
  return [...groups].map(([group, titles]) => `${group}: ${titles.join(', ')}`).join('; ')
}

const head = ['Client', 'Engine', 'Role', 'Steps', 'As at the engine', 'Different, and why']

/** What a row is known by. */
export const dayKey = ({ client, engine, role }: Pick<DayRow, 'client' | 'engine' | 'role'>): string =>
  [client, engine, role].join(' | ')

/** The cells of the rows of an earlier table, by what they are known by. */
function cellsIn(table: string): Map<string, string[]> {
  const lines = table.split('\n').filter((line) => line.startsWith('| '))
  const cells = lines.slice(2).map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
  const trimmed = cells.map((texts) => texts.map((text) => text.trim()))
  return new Map(
    trimmed.map((texts) => {
      const [client = '', engine = '', role = ''] = texts
      return [dayKey({ client, engine, role }), texts]
    }),
  )
}

/**
 * The rows as a table of Markdown, its columns as wide as the formatter has them. A run may be of one client: what it did not
 * come to stays as it was.
 * @param before the page with the table of earlier runs
 * @param order what rows are known by, in the order in which they stand; what is not among these goes
 */
export function tableOf(rows: readonly DayRow[], before: string, order: readonly string[]): string {
  const known = cellsIn(before)
  for (const row of rows) {
    const { client, engine, role, steps, differences } = row
    const equal = steps - differences.length
    known.set(dayKey(row), [client, engine, role, `${steps}`, `${equal}`, words(differences)])
  }
  const cells = order.flatMap((key) => {
    const found = known.get(key)
    return found ? [found] : []
  })
  const widths = head.map((_, column) =>
    Math.max(...[head, ...cells].map((line) => line[column]?.length ?? 0)),
  )
  const line = (texts: readonly string[], fill = ' ') =>
    `| ${texts.map((text, column) => text.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`
  return [
    line(head),
    line(
      head.map(() => ''),
      '-',
    ),
    ...cells.map((texts) => line(texts)),
  ].join('\n')
}
