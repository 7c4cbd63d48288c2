/** Making folders. */
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it; one that is there is fine.
 *
 * `recursive` of `fs.mkdir` tries for ever where a file system answers ENOENT although the folder above exists, as
 * /proc does.
 * @param mode of the folder itself
 * @throws what `mkdir` throws; EEXIST when a file is in the way
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const above = dirname(path)
    if (code === 'ENOENT' && above !== path) {
      await makeFolder(above)
      await makeLast(path, mode)
    } else await unlessThere(path, error)
  }
}

async function makeLast(path: string, mode: number | undefined): Promise<void> {
  // somebody else may have made it meanwhile
  await mkdir(path, { mode }).catch((error: unknown) => unlessThere(path, error))
}

async function unlessThere(path: string, error: unknown): Promise<void> {
  // a read-only place says so also of a folder that is there
  const isThere = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isThere) throw error
}
