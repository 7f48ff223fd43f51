/**
 * Puts text on the clipboard. `navigator.clipboard` exists only on https and localhost; a dashboard opened by plain
 * http in a private network falls back to a selected, hidden textarea.
 * @throws when the browser refuses both ways
 */
export async function copyText(text: string): Promise<void> {
  if (window.isSecureContext && navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.className = 'fixed top-0 left-0 opacity-0'
  // Inside an open modal dialog: elsewhere its focus trap would take the selection away.
  const parent = document.activeElement?.closest('[role="dialog"]') ?? document.body
  const before = document.activeElement
  parent.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  if (!done) throw new Error('The browser refused to copy.')
}
