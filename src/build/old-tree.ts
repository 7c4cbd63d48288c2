/** What is in the output tree already: what builds own in it, and what others have put there. */
import { lstatSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { isOwned, type Manifest, manifestName, parseManifest } from './manifest.js'
import { errorCode } from './names.js'

export type EntryKind = 'file' | 'folder' | 'link' | 'other'

export interface OldTree {
  exists: boolean
  manifest: Manifest | undefined
  manifestBytes: Uint8Array | undefined
  /** Files, links and empty folders that no build has made, by path in the tree. */
  foreign: ReadonlyMap<string, EntryKind>
}

/** Files that one puts into an empty folder so that git keeps it. */
const placeholders = new Set(['.gitignore', '.gitkeep'])

/** Also what is in the tree besides. @throws IpxetoolError as {@link readOldManifest} */
export async function readOldTree(out: string): Promise<OldTree> {
  const old = await readOldManifest(out)
  return { ...old, foreign: old.exists ? await findForeign(out, old.manifest) : new Map<string, EntryKind>() }
}

/**
 * Whether a build may write to a folder.
 * @throws IpxetoolError `out-not-ours`, `out-not-a-folder` (exit code 2)
 */
export async function readOldManifest(out: string): Promise<Omit<OldTree, 'foreign'>> {
  let names: string[]
  try {
    names = await readdir(out)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { exists: false, manifest: undefined, manifestBytes: undefined }
    if (errorCode(error) !== 'ENOTDIR') throw error
    throw new IpxetoolError('out-not-a-folder', `${out} is a file, so no tree can be written there`, {
      exitCode: 2,
      hint: 'name another folder with --out, or remove the file',
    })
  }
  const manifestBytes = names.includes(manifestName) ? await readManifest(join(out, manifestName)) : undefined
  const manifest = manifestBytes && parseManifest(manifestBytes)
  if (!manifest && !names.every((name) => placeholders.has(name))) {
    const state = manifestBytes
      ? 'its manifest.json is not from ipxetool'
      : 'it has no manifest.json from ipxetool'
    throw new IpxetoolError(
      'out-not-ours',
      `${out} holds files that no build of ipxetool has put there: ${state}`,
      { exitCode: 2, hint: 'name an empty or a new folder with --out, or empty this one yourself' },
    )
  }
  return { exists: true, manifest, manifestBytes }
}

async function readManifest(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'EISDIR') return undefined
    throw error
  }
}

/** Everything in a tree that does not belong to the build that wrote `manifest`. */
export async function findForeign(
  out: string,
  manifest: Manifest | undefined,
): Promise<Map<string, EntryKind>> {
  const foreign = new Map<string, EntryKind>()
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(out, folder), { withFileTypes: true })
    if (entries.length === 0 && folder !== '') foreign.set(folder, 'folder')
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) await visit(path)
      else if (path !== manifestName && !isOwned(entryOf(manifest, path))) {
        foreign.set(path, entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other')
      }
    }
  }
  await visit('')
  return foreign
}

function entryOf(manifest: Manifest | undefined, path: string): Manifest['files'][string] | undefined {
  return manifest && Object.hasOwn(manifest.files, path) ? manifest.files[path] : undefined
}

/** @throws IpxetoolError `out-conflict` when a new file would take the place of a foreign one */
export function checkConflicts(
  out: string,
  made: Iterable<string>,
  foreign: ReadonlyMap<string, EntryKind>,
): void {
  const folders = new Set<string>()
  for (const path of foreign.keys()) for (const folder of foldersAbove(path)) folders.add(folder)
  for (const path of made) {
    const clash = [path, ...foldersAbove(path)].find(
      (part) => foreign.has(part) && foreign.get(part) !== 'folder',
    )
    if (clash === undefined && !folders.has(path)) continue
    throw new IpxetoolError(
      'out-conflict',
      `the build would write ${join(out, path)}, but ${join(out, clash ?? path)} was put there by something else`,
      { hint: 'move it away, or rename the file of the project' },
    )
  }
}

export function foldersAbove(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'))
}

export interface PlainFile {
  /** Bytes. */
  size: number
  /** Another one when somebody has written to it. */
  stamp: string
}

/** A regular file with the permissions that a build gives. */
export function isPlainFile(path: string, modes: readonly number[] = [fileMode]): PlainFile | undefined {
  try {
    const info = lstatSync(path)
    const isUsual = process.platform === 'win32' || modes.includes(info.mode & 0o777)
    return info.isFile() && isUsual
      ? { size: info.size, stamp: `${info.dev} ${info.ino} ${info.mtimeMs}` }
      : undefined
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Servers often run as another user. */
export const fileMode = 0o644
/** A file that has another name in the store of fetched files, which nobody writes into. */
export const linkModes = [fileMode, 0o444] as const
export const folderMode = 0o755
