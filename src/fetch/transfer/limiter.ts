/** Bytes per second, shared by all transfers of a client. */

export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>

export interface Limiter {
  /** Comes back when that many bytes may have been read. */
  take(bytes: number, signal?: AbortSignal): Promise<void> | undefined
}

/** Lets everything through. */
export const noLimit: Limiter = { take: () => undefined }

/**
 * A bucket that fills by `rate` bytes per second and holds a quarter of a second's worth. A read may overdraw it; who
 * comes next waits until it is out of debt.
 * @param rate bytes per second, more than 0
 */
export function rateLimiter(
  rate: number,
  sleep: Sleep,
  now: () => number = () => performance.now(),
): Limiter {
  const most = rate / 4
  let level = most
  let at = now()
  let last: Promise<void> = Promise.resolve()
  const take = async (bytes: number, signal?: AbortSignal): Promise<void> => {
    const time = now()
    level = Math.min(most, level + ((time - at) * rate) / 1000)
    at = time
    level -= bytes
    if (level < 0) await sleep((-level / rate) * 1000, signal)
  }
  return {
    take: (bytes, signal) => {
      // in turn: else many small readers would all see the same debt
      last = last.then(
        () => take(bytes, signal),
        () => take(bytes, signal),
      )
      return last
    },
  }
}
