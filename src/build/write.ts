/**
 * Puts a built tree in its place: written beside the old one, then swapped in by two renames in one tick of the event
 * loop. A build that fails or is killed leaves the old tree whole; the next one cleans up after it.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  createReadStream,
  existsSync,
  fchmodSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { chmod, copyFile, link, mkdir, open, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import { IpxetoolError } from '../diagnostics/error.js'
import { byCodeUnit } from '../project/paths.js'
import { withLock } from './lock.js'
import { makeManifest, type ManifestEntry, manifestName, printManifest } from './manifest.js'
import { errorCode, type TreePaths, treePaths } from './names.js'
import {
  checkConflicts,
  type EntryKind,
  fileMode,
  findForeign,
  folderMode,
  foldersAbove,
  isPlainFile,
  linkModes,
  type OldTree,
  type PlainFile,
  readOldTree,
} from './old-tree.js'
import type { BuiltTree } from './tree.js'
import { makeFolder } from '../files/folder.js'

export interface WriteOptions {
  /** The full path of a file that is copied, from its name in {@link BuiltTree.copies}. */
  resolveCopy: (file: string) => string
  /** Files of others that do not go into the new tree, by path. */
  prune?: ReadonlySet<string>
  signal?: AbortSignal
  /** Of the builds before this one. */
  memory?: TreeMemory
  /** For tests of what a crash leaves behind. `between` is called between the two renames. */
  onStep?: (step: 'staging' | 'staged' | 'between' | 'swapped') => void
}

export interface Written {
  /** False: the tree was already as it should be, and nothing was touched. */
  changed: boolean
  /** What the build owns in the tree, without the manifest. */
  files: number
  bytes: number
  /** Files of others that stayed. */
  carried: number
}

/**
 * @param out the full path of the tree, without links
 * @throws IpxetoolError when the tree cannot be written; the old one is whole then
 */
export async function writeTree(out: string, tree: BuiltTree, options: WriteOptions): Promise<Written> {
  try {
    await makeFolder(dirname(out))
    return await withLock(out, () => new TreeWriter(treePaths(out), tree, options).write())
  } catch (error) {
    throw explainWrite(error, out)
  }
}

/** Files of a tree that were found to be right, so that they need not be read again while nobody touches them. */
export class TreeMemory {
  readonly #known = new Map<string, { sha256: string; stamp: string }>()

  isKnown(file: string, sha256: string, { stamp }: PlainFile): boolean {
    const known = this.#known.get(file)
    return known?.sha256 === sha256 && known.stamp === stamp
  }

  keep(file: string, sha256: string, { stamp }: PlainFile): void {
    this.#known.set(file, { sha256, stamp })
  }
}

/** So many small files between two looks at signals. */
const batch = 64

class TreeWriter {
  readonly #paths: TreePaths
  readonly #tree: BuiltTree
  readonly #options: WriteOptions
  readonly #folders = new Set<string>()

  constructor(paths: TreePaths, tree: BuiltTree, options: WriteOptions) {
    this.#paths = paths
    this.#tree = tree
    this.#options = options
  }

  async write(): Promise<Written> {
    const { out, staged } = this.#paths
    await recover(this.#paths)
    const found = await readOldTree(out)
    const old = { ...found, foreign: without(found.foreign, this.#options.prune) }
    const isPruned = old.foreign.size < found.foreign.size
    const made = Object.entries(this.#tree.manifest.files)
    checkConflicts(out, [...made.map(([path]) => path), manifestName], old.foreign)
    const manifest = printManifest(makeManifest(this.#allEntries(old)))
    const same = await this.#sameFiles(old)
    const result = {
      files: made.length,
      bytes: made.reduce((sum, [, entry]) => sum + entry.size, 0),
      carried: [...old.foreign.values()].filter((kind) => kind !== 'folder').length,
    }
    const isSame = old.manifestBytes && Buffer.compare(old.manifestBytes, manifest) === 0
    if (isSame && !isPruned && same.size === made.length) return { ...result, changed: false }

    try {
      await this.#stage(old, manifest, same)
      this.#options.onStep?.('staged')
      this.#options.signal?.throwIfAborted()
      this.#swap(old)
    } catch (error) {
      await rm(staged, { recursive: true, force: true })
      throw error
    }
    this.#options.onStep?.('swapped')
    await this.#removeOld(old)
    return { ...result, changed: true }
  }

  /** The new files, and those of others that are in the old manifest and still there. */
  #allEntries(old: OldTree): Map<string, ManifestEntry> {
    const entries = new Map(Object.entries(this.#tree.manifest.files))
    for (const [path, entry] of Object.entries(old.manifest?.files ?? {})) {
      if (old.foreign.has(path)) entries.set(path, entry)
    }
    return new Map([...entries].sort(([a], [b]) => byCodeUnit(a, b)))
  }

  /** Paths whose file in the old tree is already right, byte for byte. */
  async #sameFiles(old: OldTree): Promise<Set<string>> {
    const same = new Set<string>()
    if (!old.exists) return same
    for (const [path, { size, sha256 }] of Object.entries(this.#tree.manifest.files)) {
      const file = join(this.#paths.out, path)
      const found = isPlainFile(file, this.#tree.links?.has(path) === true ? linkModes : undefined)
      if (found?.size !== size) continue
      const { memory } = this.#options
      const bytes = this.#tree.files.get(path)
      const isSame =
        memory?.isKnown(file, sha256, found) === true ||
        (bytes
          ? holds(file, bytes)
          : // the build has just read the one file under its other name
            this.#isLinkOf(path, file) || (await sha256Of(file)) === sha256)
      if (!isSame) continue
      same.add(path)
      memory?.keep(file, sha256, found)
      if (same.size % batch === 0) await immediate()
    }
    return same
  }

  async #stage(old: OldTree, manifest: Uint8Array, same: ReadonlySet<string>): Promise<void> {
    const { out, staged } = this.#paths
    await mkdir(staged, { mode: folderMode })
    await chmod(staged, folderMode)
    this.#options.onStep?.('staging')
    let count = 0
    for (const path of same) {
      await this.#makeFolders(path)
      // the same file: who has it in a cache need not fetch it again
      linkOrCopySync(join(out, path), join(staged, path))
      if (++count % batch === 0) await this.#pause()
    }
    const written: string[] = []
    for (const [path, bytes] of this.#tree.files) {
      if (same.has(path)) continue
      await this.#writeFile(path, bytes)
      written.push(path)
      if (++count % batch === 0) await this.#pause()
    }
    for (const [path, file] of this.#tree.copies) {
      this.#options.signal?.throwIfAborted()
      if (!same.has(path) && !(await this.#linkFile(path, file))) await this.#copyFile(path, file)
    }
    await this.#carry(out, old.foreign)
    await this.#writeFile(manifestName, manifest)
    await syncFiles(staged, [...written, manifestName])
    await syncFolder(staged)
  }

  #isLinkOf(path: string, file: string): boolean {
    const copied = this.#tree.copies.get(path)
    if (copied === undefined || this.#tree.links?.has(path) !== true) return false
    const [one, other] = [statSync(this.#options.resolveCopy(copied)), statSync(file)]
    return one.ino !== 0 && one.ino === other.ino && one.dev === other.dev
  }

  /** @returns false when the file has to be copied: another file system, or permissions that others cannot read with */
  async #linkFile(path: string, file: string): Promise<boolean> {
    const source = this.#options.resolveCopy(file)
    if (this.#tree.links?.has(path) !== true || !isPlainFile(source, linkModes)) return false
    await this.#makeFolders(path)
    try {
      linkSync(source, join(this.#paths.staged, path))
      return true
    } catch (error) {
      if (noLinks.includes(errorCode(error))) return false
      throw error
    }
  }

  /** Signals are heard between batches: the calls for small files do not wait, which takes a fifth of the time. */
  async #pause(): Promise<void> {
    await immediate()
    this.#options.signal?.throwIfAborted()
  }

  async #writeFile(path: string, bytes: Uint8Array): Promise<void> {
    await this.#makeFolders(path)
    const file = openSync(join(this.#paths.staged, path), 'wx', fileMode)
    try {
      writeFileSync(file, bytes)
      fchmodSync(file, fileMode)
    } finally {
      closeSync(file)
    }
  }

  async #copyFile(path: string, file: string): Promise<void> {
    await this.#makeFolders(path)
    const hash = createHash('sha256')
    const source = createReadStream(this.#options.resolveCopy(file))
    const handle = await open(join(this.#paths.staged, path), 'wx', fileMode)
    try {
      await writeFile(
        handle,
        (async function* () {
          for await (const chunk of source as AsyncIterable<Buffer>) {
            hash.update(chunk)
            yield chunk
          }
        })(),
      )
      await handle.chmod(fileMode)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (hash.digest('hex') !== this.#tree.manifest.files[path]?.sha256) {
      throw new IpxetoolError('source-changed', `${file} changed while it was being copied`, {
        hint: 'build again when nothing writes to it',
      })
    }
  }

  /** Takes over what others have put into a tree and what is not in the new one yet. */
  async #carry(from: string, foreign: ReadonlyMap<string, EntryKind>): Promise<void> {
    const { staged } = this.#paths
    for (const [path, kind] of foreign) {
      await this.#makeFolders(path)
      const source = join(from, path)
      const target = join(staged, path)
      if (kind === 'file') await linkOrCopy(source, target)
      else if (kind === 'link') await symlink(await readlink(source), target)
      else if (kind === 'folder') await makeFolder(target)
      else {
        throw new IpxetoolError('out-special-file', `${source} is neither a file nor a folder nor a link`, {
          hint: 'the build cannot move it into the new tree: take it out',
        })
      }
    }
  }

  async #makeFolders(path: string): Promise<void> {
    for (const folder of foldersAbove(path)) {
      if (this.#folders.has(folder)) continue
      this.#folders.add(folder)
      const full = join(this.#paths.staged, folder)
      await makeFolder(full)
      await chmod(full, folderMode)
    }
  }

  /** No `await` in here: nothing of ours can come between the renames. */
  #swap(old: OldTree): void {
    const { out, staged, old: aside } = this.#paths
    if (old.exists) renameSync(out, aside)
    try {
      this.#options.onStep?.('between')
      renameSync(staged, out)
    } catch (error) {
      if (old.exists) renameSync(aside, out)
      throw error
    }
  }

  async #removeOld(old: OldTree): Promise<void> {
    const { out, old: aside } = this.#paths
    await syncFolder(dirname(out))
    if (old.exists) await removeAfterRescue(this.#paths, old, this.#options.prune)
    else await rm(aside, { recursive: true, force: true })
  }
}

/**
 * Saves what was put into the old tree while the new one was being written.
 * @param old undefined when it is half removed, which begins after that
 */
async function removeAfterRescue(
  { out, old: aside }: TreePaths,
  old: Pick<OldTree, 'manifest'> | undefined,
  prune?: ReadonlySet<string>,
): Promise<void> {
  const foreign = old ? without(await findForeign(aside, old.manifest), prune) : new Map<string, EntryKind>()
  for (const [path, kind] of foreign) {
    const target = join(out, path)
    if (kind !== 'file' || existsSync(target)) continue
    await makeFolder(dirname(target))
    await linkOrCopy(join(aside, path), target)
  }
  await rm(aside, { recursive: true, force: true })
}

function without<Value>(
  all: ReadonlyMap<string, Value>,
  paths: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, Value> {
  return new Map([...all].filter(([path]) => !paths.has(path)))
}

/** Cleans up after a build that was killed. */
export async function recover(paths: TreePaths): Promise<void> {
  const { out, staged, old } = paths
  if (existsSync(old)) {
    // killed between the renames: the old tree is the last one that was in use
    if (!existsSync(out)) renameSync(old, out)
    else await removeAfterRescue(paths, await readLeftover(old))
  }
  await rm(staged, { recursive: true, force: true })
}

async function readLeftover(old: string): Promise<Pick<OldTree, 'manifest'> | undefined> {
  try {
    return await readOldTree(old)
  } catch (error) {
    if (error instanceof IpxetoolError) return undefined
    throw error
  }
}

const noLinks = ['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EACCES']

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target)
  } catch (error) {
    // no hard links on this file system, or too many of this file
    if (!noLinks.includes(errorCode(error))) throw error
    await copyFile(source, target)
  }
}

function linkOrCopySync(source: string, target: string): void {
  try {
    linkSync(source, target)
  } catch (error) {
    if (!noLinks.includes(errorCode(error))) throw error
    copyFileSync(source, target)
  }
}

/** @param bytes as many as the file has */
function holds(file: string, bytes: Uint8Array): boolean {
  return Buffer.compare(readFileSync(file), bytes) === 0
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

/**
 * Files whose names are about to become the tree: a power cut must not leave them empty. One by one that takes a
 * second for a thousand; where there is a way to sync the file system at once, many go that way.
 */
async function syncFiles(folder: string, paths: readonly string[]): Promise<void> {
  if (paths.length > batch && (await syncFileSystem(folder))) return
  for (const path of paths) {
    const handle = await open(join(folder, path), 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

/** `sync -f`, of GNU and BusyBox. */
function syncFileSystem(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(false)
  return new Promise((done) => {
    execFile('sync', ['-f', folder], { timeout: 60_000 }, (error) => {
      done(error === null)
    })
  })
}

/** So that a power cut does not leave names without contents; not every system can do it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (errorCode(error) === '') throw error
  }
}

const reasons: Record<string, string> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EBUSY: 'something has it open, or it is a mount point',
  EEXIST: 'a file is in the way of a folder',
  ENOTDIR: 'a file is in the way of a folder',
  ENAMETOOLONG: 'a name is too long',
  EXDEV: 'it is a mount point',
}

export function explainWrite(error: unknown, out: string): unknown {
  if (error instanceof IpxetoolError) return error
  if (error instanceof Error && error.name === 'AbortError') {
    return new IpxetoolError('interrupted', 'interrupted; the tree is as it was before', { cause: error })
  }
  const code = errorCode(error)
  if (code === '') return error
  const path = (error as NodeJS.ErrnoException).path
  const where = path === undefined || path === out ? '' : ` (${path})`
  return new IpxetoolError(
    'out-write',
    `the tree ${out} cannot be written: ${reasons[code] ?? code}${where}`,
    {
      hint: 'the old tree, if there was one, is untouched; --out names another place',
      cause: error,
    },
  )
}
