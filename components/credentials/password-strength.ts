export type PasswordStrength = 'short' | 'weak' | 'fair' | 'strong'

/** As the server asks (lib/contracts/account.ts); the schema itself stays out of the browser. */
export const minimumPasswordLength = 12

/**
 * A hint while typing, not a rule: the rule is the length. Length counts most, repetition and what everybody knows of
 * the person take away (NIST SP 800-63B: no composition rules).
 */
export function passwordStrength(password: string, known: readonly string[] = []): PasswordStrength {
  if (password.length < minimumPasswordLength) return 'short'
  const lower = password.toLowerCase()
  const words = known.flatMap((text) => text.toLowerCase().split(/[\s@.]+/)).filter((word) => word.length > 3)
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), lower)
  if (rest.length < 8 || new Set(rest).size < 6 || /^(.{1,4})\1{2,}/.test(rest)) return 'weak'
  return password.length >= 16 && new Set(rest).size >= 8 ? 'strong' : 'fair'
}
