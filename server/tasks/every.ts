/** Calls `work` at most once in that time, and once more after the last call. */
export function every(milliseconds: number, work: () => void): { call(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  return {
    call() {
      timer ??= setTimeout(() => {
        timer = undefined
        work()
      }, milliseconds)
    },
    stop: () => clearTimeout(timer),
  }
}
