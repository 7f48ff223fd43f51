/* oxlint-disable no-control-regex -- control characters are what this file is about */

/** Anything that needs a look: C0 except tab, DEL, C1, and the marks that turn the direction of text around. */
const suspicious = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

/**
 * In order: colours and styles (SGR, kept); strings to the terminal (OSC, DCS, SOS, PM, APC: titles, clipboard, images);
 * other CSI (cursor, queries); other escapes; a lone control character; a mark that reverses text.
 */
const control =
  /(\u001b\[[0-9;:]{0,64}m)|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\[[\u0030-\u003f]{0,64}[\u0020-\u002f]{0,8}[\u0040-\u007e]|\u001b[\u0020-\u002f]{0,8}[\u0030-\u007e]?|(\r)|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]|([\u202a-\u202e\u2066-\u2069])/g

/**
 * A line as it may be given to a terminal emulator. What a container writes into its log is output of a program that
 * nobody sits at: it may choose colours, and nothing else. Without this a log line could set the clipboard (OSC 52), the
 * window's title, move the cursor over other lines, or ask questions that the emulator answers as if typed (CVE-2021-25743
 * is the like in kubectl). Text stays visible: only the controls go.
 */
export function sanitiseLogLine(text: string): string {
  if (!suspicious.test(text)) return text
  return text.replace(control, (_, colour?: string, carriageReturn?: string, reversing?: string) => {
    if (colour) return colour
    // Progress bars write over themselves; each state stays readable.
    if (carriageReturn) return ' ␍ '
    return reversing ? '\ufffd' : ''
  })
}

/** The text alone, without colours: for searching, copying, and downloads. */
export function plainLogLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- as above
  return sanitiseLogLine(text).replaceAll(/\u001b\[[0-9;:]*m/g, '')
}

/** Links that a log may make clickable; `javascript:` and the like are none. */
export function isLogLink(address: string): boolean {
  try {
    const { protocol } = new URL(address)
    return protocol === 'http:' || protocol === 'https:'
  } catch {
    return false
  }
}
