import type { VolumeRow } from './rows.ts'

/** Words that say what a volume is, as `is:unused`. */
const traits: Record<string, (row: VolumeRow) => boolean> = {
  used: ({ users }) => users.length > 0,
  unused: ({ users, isOpen }) => users.length === 0 && !isOpen,
  running: ({ running }) => running > 0,
  anonymous: ({ isAnonymous }) => isAnonymous,
  named: ({ isAnonymous }) => !isAnonymous,
}

/**
 * Whether a volume has all the words of a filter: in its name, driver, labels, host, stack or users; `is:` asks for a trait
 * (used, unused, running, anonymous, named), of which an unknown one leaves nothing.
 */
export function matchesVolume(filter: string): (row: VolumeRow, hostName: string) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  return (row, hostName) => {
    if (words.length === 0) return true
    const { volume, users, stack } = row
    const text = [
      volume.id,
      volume.driver,
      hostName,
      stack ?? '',
      ...Object.entries(volume.labels).map(([name, value]) => `${name}=${value}`),
      ...users.map(({ name }) => name),
    ]
      .join('\n')
      .toLowerCase()
    return words.every((word) =>
      word.startsWith('is:') ? (traits[word.slice(3)]?.(row) ?? false) : text.includes(word),
    )
  }
}
