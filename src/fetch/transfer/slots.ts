/** At most so many connections to one host at a time; who comes when all are in use waits in turn. */
export class Slots {
  readonly #most: number
  readonly #used = new Map<string, number>()
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(most: number) {
    this.#most = most
  }

  hasRoom(host: string): boolean {
    return (this.#used.get(host) ?? 0) < this.#most
  }

  /** @returns gives it back; once. @throws the reason of the signal */
  async take(host: string, signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.hasRoom(host)) this.#used.set(host, (this.#used.get(host) ?? 0) + 1)
    else await this.#turn(host, signal)
    let isHeld = true
    return () => {
      if (isHeld) this.#release(host)
      isHeld = false
    }
  }

  #turn(host: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(host) ?? []
      this.#waiting.set(host, queue)
      const onAbort = (): void => {
        queue.splice(queue.indexOf(go), 1)
        reject(signal?.reason as Error)
      }
      const go = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      queue.push(go)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #release(host: string): void {
    const next = this.#waiting.get(host)?.shift()
    // it goes from hand to hand
    if (next !== undefined) next()
    else this.#used.set(host, (this.#used.get(host) ?? 1) - 1)
  }
}
