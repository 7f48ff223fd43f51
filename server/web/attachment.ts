/**
 * Content-Disposition of a download: the name in plain letters, and whole as RFC 6266 and RFC 8187 have it. A name may
 * come from a container: quotes, line ends and folders have no place in it.
 */
export function attachment(name: string): string {
  const whole = [...name].filter((character) => character >= ' ' && !'/\\'.includes(character)).join('')
  const plain = whole.replaceAll(/[^\x20-\x7e]|["%]/g, '_') || 'file'
  const encoded = encodeURIComponent(whole.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
