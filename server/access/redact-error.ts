/** What of a text is told to somebody who sees a part: names of containers, and ids of any object. */
export interface Told {
  name(word: string): boolean
  /** @param start the first twelve digits, as engines shorten ids */
  id(start: string): boolean
}

/** Whole, or as engines shorten it; a digest says itself what it is. */
const ids = /(?<!sha256:)\b[0-9a-f]{12,64}\b/g
/** How Docker and Podman name a container in a sentence: `container "/x"`, `container x`, `name:"x"`, `link to /x`. */
const named =
  /(\bcontainers?(?:\(s\))?(?:[\s:]*["'/]+|[\s:]+)|\bname:"\/?|\blink(?:ing)? to \/)([a-z0-9](?:[\w.-]*\w)?)/gi
/** What stands behind the bare word `container` in engines' sentences and is no name. */
const vocabulary = new Set(
  `a already an and are as at be because before by can cannot config configuration consider could create created
  depends do does engine exec exists exited failed file for from had has have id ids image images in init is it its
  known limit list logs must name named names namespace network networks not of on or paused port ports process
  processes removed restarting root rootfs running runtime state status stopped storage that the this to use used uses
  using volume volumes was were when which will with would`.split(/\s+/),
)

/**
 * An engine's words with `?` for each container in them that is not told. Whether there is such a container decides
 * nothing: engines repeat what their client, an image or a registry says, and what were taken out only where it is hidden
 * would tell that it is there.
 */
export function veilWords(text: string, told: Told): string {
  const isTold = (word: string) =>
    told.name(word) || (/^[0-9a-f]{12,64}$/.test(word) && told.id(word.slice(0, 12)))
  return text
    .replace(ids, (id) => (isTold(id) ? id : '?'))
    .replace(named, (all, before: string, name: string) => {
      const isBare = /[\s:]$/.test(before)
      return isTold(name) || (isBare && vocabulary.has(name.toLowerCase())) ? all : `${before}?`
    })
}

/** Words that a container's name or id may be, of what somebody asked for themselves. */
export const wordsOf = (text: string): Set<string> => new Set(text.match(/[a-z0-9](?:[\w.-]*\w)?/gi))
