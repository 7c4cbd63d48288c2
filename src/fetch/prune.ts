/** Takes away what no lock names: old versions below `assets/`, files of the store that nobody uses. */
import { lstat, readdir, readlink, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { assetFolder, assetsName } from '../model/lock.js'
import type { Store, StoredFile } from './store.js'
import { fetchArchitectures, type LockedSet } from './types.js'

export interface Pruned {
  /** Folders and pointers below the root, sorted. */
  assets: string[]
  stored: StoredFile[]
  /** Freed in the store, with downloads that were not whole. */
  bytes: number
}

/**
 * @param distributions the folders of `assets/` that `fetch` makes; others are left alone
 */
export async function pruneTree(
  root: string,
  sets: readonly LockedSet[],
  store: Store,
  distributions: Iterable<string>,
): Promise<Pruned> {
  const kept = new Set(sets.map(assetFolder))
  const assets: string[] = []
  for (const distribution of new Set(distributions)) {
    const folder = `${assetsName}/${distribution}`
    for (const version of await foldersIn(join(root, folder))) {
      if (version === 'current') continue
      for (const architecture of await foldersIn(join(root, folder, version))) {
        const path = `${folder}/${version}/${architecture}`
        if (kept.has(path) || !(fetchArchitectures as readonly string[]).includes(architecture)) continue
        await rm(join(root, path), { recursive: true, force: true })
        assets.push(path)
      }
      await removeEmpty(join(root, folder, version))
    }
    assets.push(...(await prunePointers(root, `${folder}/current`)))
    await removeEmpty(join(root, folder))
  }

  const used = new Set(
    sets.flatMap(({ files }) =>
      files.flatMap(({ sha256, archive }) => [sha256, ...(archive ? [archive.sha256] : [])]),
    ),
  )
  for (const { sha256, path } of await store.list()) {
    // another tree has a name for it: without ours not a byte would be freed
    if ((await stat(path)).nlink > 1) used.add(sha256)
  }
  const { removed, bytes } = await store.prune(used)
  return { assets: assets.sort(), stored: removed, bytes }
}

/** Those that lead to a folder that is gone. */
async function prunePointers(root: string, folder: string): Promise<string[]> {
  const gone: string[] = []
  for (const channel of await foldersIn(join(root, folder))) {
    for (const name of await readdir(join(root, folder, channel))) {
      const path = `${folder}/${channel}/${name}`
      const pointer = join(root, path)
      if (!(await lstat(pointer)).isSymbolicLink()) continue
      if (await isThere(join(dirname(pointer), await readlink(pointer)))) continue
      await rm(pointer)
      gone.push(path)
    }
    await removeEmpty(join(root, folder, channel))
  }
  await removeEmpty(join(root, folder))
  return gone
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** No links: what is behind one is not ours. */
async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

async function removeEmpty(path: string): Promise<void> {
  await rmdir(path).catch(() => undefined)
}
