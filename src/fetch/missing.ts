/** Which files of a set are here already, in the store or below `assets/`. */
import { join } from 'node:path'
import { isIpxetoolError } from '../diagnostics/error.js'
import { assetPath } from '../model/lock.js'
import { bytesOf, type Store } from './store.js'
import type { LockedSet } from './types.js'

/**
 * @returns names of files that are nowhere. What is below `assets/` but not in the store is put there, when its digest
 *   is that of the lock.
 */
export async function missingOf(set: LockedSet, store: Store, root: string): Promise<string[]> {
  const missing: string[] = []
  for (const file of set.files) {
    if ((await store.get(file.sha256))?.size === file.size) continue
    const { sha256, size, name } = file
    try {
      await store.add(bytesOf(join(root, assetPath(set, file))), { sha256, size, name })
    } catch (error) {
      const isOther = isIpxetoolError(error) && ['digest-mismatch', 'wrong-size'].includes(error.code)
      if (!isOther && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      missing.push(name)
    }
  }
  return missing
}
