/** Files that other commands than `build` put into an output tree, with their entries in its manifest. */
import { lstatSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { byCodeUnit } from '../project/paths.js'
import { withLock } from './lock.js'
import { isOwned, makeManifest, type ManifestEntry, manifestName, printManifest } from './manifest.js'
import { fileMode, folderMode, readOldManifest } from './old-tree.js'
import { explainWrite, recover } from './write.js'
import { treePaths } from './names.js'
import { makeFolder } from '../files/folder.js'

export interface AddedFile {
  readonly bytes: Uint8Array
  /** Its `origin` says which command may replace it. */
  readonly entry: ManifestEntry
}

/**
 * All new files are on the disk before the first takes its name; nothing else in the tree is touched.
 *
 * @param out the full path of the tree, without links; made where there is none
 * @param files by name at the top of the tree
 * @throws IpxetoolError `out-conflict` when something else has put a file there, and as builds do
 */
export async function addToTree(out: string, files: ReadonlyMap<string, AddedFile>): Promise<void> {
  try {
    await makeFolder(dirname(out))
    await withLock(out, async () => {
      await recover(treePaths(out))
      await makeFolder(out, folderMode)
      await add(out, files)
    })
  } catch (error) {
    throw explainWrite(error, out)
  }
}

async function add(out: string, files: ReadonlyMap<string, AddedFile>): Promise<void> {
  const { manifest } = await readOldManifest(out)
  const old = new Map(Object.entries(manifest?.files ?? {}))
  for (const [path, { entry }] of files) {
    const before = old.get(path)
    if (before === undefined ? !exists(join(out, path)) : before.origin === entry.origin) continue
    throw new IpxetoolError(
      'out-conflict',
      `${join(out, path)} was put there by ${isOwned(before) ? 'ipxetool build' : 'something else'}`,
      { hint: 'move it away, or rename the file of the project' },
    )
  }
  for (const [path, { entry }] of files) old.set(path, entry)
  const sorted = new Map([...old].sort(([a], [b]) => byCodeUnit(a, b)))
  const texts = new Map([...files].map(([path, { bytes }]) => [path, bytes]))
  texts.set(manifestName, printManifest(makeManifest(sorted)))
  const staged = (path: string): string => join(out, `.${path}.ipxetool-add`)
  try {
    for (const [path, bytes] of texts) {
      const handle = await open(staged(path), 'w', fileMode)
      try {
        await handle.writeFile(bytes)
        await handle.chmod(fileMode)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
    for (const path of texts.keys()) await rename(staged(path), join(out, path))
  } finally {
    for (const path of texts.keys()) await rm(staged(path), { force: true })
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
