/** Names of one architecture that uname, Docker and OCI have. */
const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  i386: '386',
  i686: '386',
}

/** Of an image's inspect document. */
interface OfImage {
  Os?: string
  Architecture?: string
  Variant?: string
}

/** `linux/arm64/v8`, as an image says it. */
export const platformOf = ({ Os = '', Architecture = '', Variant = '' }: OfImage): string =>
  [Os, Architecture, Variant].filter((part) => part !== '').join('/')

/**
 * Whether an image is for a platform as it was asked for: `linux/arm64`, `linux/arm/v7`, `arm64`. A variant counts where both
 * say one; what an image does not say is not held against it.
 */
export function isForPlatform(image: OfImage, asked: string): boolean {
  const parts = asked.toLowerCase().split('/')
  const [os, arch = '', variant = ''] =
    parts.length === 1 ? (parts[0] === 'linux' || parts[0] === 'windows' ? parts : ['', ...parts]) : parts
  const same = (wanted: string | undefined, found: string | undefined) => {
    const named = (text: string) => architectures[text] ?? text
    return !wanted || !found || named(wanted) === named(found.toLowerCase())
  }
  return same(os, image.Os) && same(arch, image.Architecture) && same(variant, image.Variant)
}
