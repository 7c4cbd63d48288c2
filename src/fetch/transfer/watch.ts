import type { HttpResponse } from './client.js'
import { TransferFailure } from './failure.js'

/** Ends a response that is stuck, or so slow that it will never be whole. */
export class Watch {
  bytes = 0
  failure: TransferFailure | undefined
  #ownFault = false
  readonly #timer: NodeJS.Timeout

  constructor(
    { body }: HttpResponse,
    { stallTimeout, leastRate }: { stallTimeout: number; leastRate: number },
    url: string,
  ) {
    this.#timer = setInterval(() => {
      if (this.bytes < (leastRate * stallTimeout) / 1000 && !this.#ownFault) {
        const host = new URL(url).host
        this.failure = new TransferFailure('stalled', `${host} sent less than ${leastRate} bytes a second`, {
          remedy: 'again',
        })
        body.destroy(this.failure)
      }
      this.bytes = 0
      this.#ownFault = false
    }, stallTimeout)
  }

  /** It is we who wait: for the disk, the hash, the rate limit. */
  busy(): void {
    this.#ownFault = true
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
