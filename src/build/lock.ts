/**
 * One build at a time for one output tree. `fetch` and `compile`, which write into the tree too, take the same lock.
 */
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { takeLock } from '../files/lock.js'
import { treePaths } from './names.js'

/**
 * Runs `action` while nobody else writes to the tree `out`.
 * @throws IpxetoolError `build-running` when somebody does
 */
export async function withLock<T>(out: string, action: () => Promise<T>): Promise<T> {
  const release = await takeLock(treePaths(out).lock, `the tree ${out}`).catch((error: unknown) => {
    if (!isIpxetoolError(error) || error.code !== 'locked') throw error
    const { message, hint } = error
    throw new IpxetoolError('build-running', message, { ...(hint !== undefined && { hint }), cause: error })
  })
  try {
    return await action()
  } finally {
    await release()
  }
}
