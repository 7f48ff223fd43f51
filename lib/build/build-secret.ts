/** Bytes of one secret, which BuildKit takes no more of, and of all of a build. */
export const secretLimitBytes = 500 * 1024
/** The id of `RUN --mount=type=secret,id=…`. */
export const secretNamePattern = /^[\w.-]{1,256}$/
