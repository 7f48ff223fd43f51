import { cn } from './cn.ts'

/** Keys as written in shortcuts: 'g c' (one after the other), 'mod+k' (together; mod is Cmd on a Mac, else Ctrl). */
export function Kbd({ keys, className }: { keys: string; className?: string }) {
  return (
    <span className={cn('inline-flex gap-1', className)}>
      {keys.split(' ').map((press, index) => (
        <kbd
          key={`${press}${index}`}
          className="inline-grid h-4.5 min-w-4.5 place-items-center rounded-sm border border-line-strong bg-bg px-1 text-2xs text-ink-muted"
        >
          {keyLabel(press)}
        </kbd>
      ))}
    </span>
  )
}

const symbols: Record<string, string> = {
  enter: '↵',
  escape: 'Esc',
  shift: '⇧',
  arrowup: '↑',
  arrowdown: '↓',
}

function keyLabel(press: string): string {
  const mac = typeof navigator !== 'undefined' && navigator.platform.startsWith('Mac')
  return press
    .split('+')
    .map((key) => {
      if (key === 'mod') return mac ? '⌘' : 'Ctrl'
      return symbols[key.toLowerCase()] ?? (press.includes('+') ? key.toUpperCase() : key)
    })
    .join(mac ? '' : ' ')
}
