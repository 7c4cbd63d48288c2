/** The files that the output tree of a project has besides its scripts, as the link check wants them. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isOwned } from '../build/manifest.js'
import { readOldTree } from '../build/old-tree.js'
import { IpxetoolError } from '../diagnostics/error.js'
import type { TreeFile } from '../links/tree.js'
import type { Project } from '../project/project.js'

/**
 * Static files, and what others have put into the tree: assets, loaders. Nothing is read of them but sizes; the first
 * bytes of those that are booted are read when they are asked for.
 *
 * @param out full path of the output tree; it need not be there
 */
export async function treeFiles(project: Project, cwd: string, out: string): Promise<Map<string, TreeFile>> {
  const files = new Map<string, TreeFile>()
  for (const [path, other] of await foreignFiles(out)) files.set(path, other)
  for (const { path, file } of [...project.staticFiles, ...project.configFiles]) {
    const found = fileAt(resolve(cwd, file), { origin: 'static' })
    if (found) files.set(path, found)
  }
  for (const { path, file, locked } of project.assets) {
    const found = fileAt(resolve(cwd, file), { origin: 'asset', sha256: locked.sha256 })
    if (found) files.set(path, found)
  }
  return files
}

async function foreignFiles(out: string): Promise<Map<string, TreeFile>> {
  const files = new Map<string, TreeFile>()
  try {
    const { manifest, foreign } = await readOldTree(out)
    for (const [path, kind] of foreign) {
      if (kind !== 'file' && kind !== 'link') continue
      const entry = manifest && Object.hasOwn(manifest.files, path) ? manifest.files[path] : undefined
      if (isOwned(entry)) continue
      const known = entry && { origin: entry.origin, sha256: entry.sha256 }
      const found = fileAt(join(out, path), known ?? {})
      if (found) files.set(path, found)
    }
  } catch (error) {
    // no tree of ours: then nothing in it counts
    if (!(error instanceof IpxetoolError)) throw error
  }
  return files
}

function fileAt(full: string, known: Pick<TreeFile, 'origin' | 'sha256'>): TreeFile | undefined {
  const info = statSync(full, { throwIfNoEntry: false })
  return info?.isFile() === true ? { ...known, size: info.size, head: () => readHead(full) } : undefined
}

const headSize = 4096

function readHead(full: string): Uint8Array | undefined {
  let handle: number | undefined
  try {
    handle = openSync(full, 'r')
    const head = new Uint8Array(headSize)
    return head.subarray(0, readSync(handle, head, 0, headSize, 0))
  } catch {
    // it cannot be judged then; who copies or serves it will say why
    return undefined
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}
