/** Several files at once. */
import type { HttpClient } from './client.js'
import { download, type DownloadContext, type Downloaded, type DownloadRequest } from './download.js'
import { rateLimiter } from './limiter.js'

export interface DownloadAllOptions extends Omit<DownloadContext, 'limiter'> {
  client: HttpClient
  /** Files at a time. Default 4. */
  parallel?: number
  /** Bytes per second, all together. */
  limitRate?: number
}

/**
 * @returns in the order of the requests
 * @throws the first error, after all the others have ended: what can be had is in the store then
 */
export async function downloadAll(
  requests: readonly DownloadRequest[],
  options: DownloadAllOptions,
): Promise<Downloaded[]> {
  const { parallel = 4, limitRate, ...context } = options
  const limiter = limitRate === undefined ? undefined : rateLimiter(limitRate, options.client.sleep)
  const results: (Downloaded | undefined)[] = requests.map(() => undefined)
  const errors: unknown[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < requests.length) {
      const index = next++
      try {
        results[index] = await download(requests[index]!, { ...context, ...(limiter && { limiter }) })
      } catch (error) {
        errors.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(Math.max(1, parallel), requests.length) }, worker))
  if (errors.length > 0) throw errors[0]
  return results as Downloaded[]
}
