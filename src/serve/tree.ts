/**
 * The output tree as the servers see it: which names are files, and nothing outside is. One policy for both
 * protocols; every file is opened once and read through that handle, so a file that `build` replaces by rename
 * goes out whole, in the version it had when it was asked for.
 */
import { type BigIntStats, constants } from 'node:fs'
import { open, readdir, realpath, stat, type FileHandle } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import type { Refusal } from './refusal.js'

/** One version of a file: whoever writes to it, or puts another in its place, changes one of these. */
export interface FileState {
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
  readonly dev: bigint
}

/** An open regular file of the tree. Whoever gets one closes `handle`. */
export interface TreeFile extends FileState {
  readonly handle: FileHandle
  /** Name in the tree with `/`, after links: the key into `manifest.json`. */
  readonly name: string
  readonly mtimeMs: number
}

export type Opened =
  { readonly ok: true; readonly file: TreeFile } | { readonly ok: false; readonly refusal: Refusal }

/**
 * O_NONBLOCK: a FIFO that takes the file's place at the last moment must not hang the server; it means nothing
 * for a regular file. O_NOFOLLOW: nor may a link.
 */
const OPEN_FLAGS = flag('O_RDONLY') | flag('O_NONBLOCK') | flag('O_NOFOLLOW')

const BUILD_FIRST = { hint: 'run `ipxetool build` first, or name the tree: `ipxetool serve DIR`' }

/**
 * Refuses a root that nothing can be served from.
 *
 * @throws IpxetoolError `tree-missing`, `tree-not-a-directory`, `tree-unreadable`, `tree-empty`
 */
export async function checkRoot(root: string): Promise<void> {
  let names: string[]
  try {
    const info = await stat(root)
    if (!info.isDirectory()) {
      throw new IpxetoolError('tree-not-a-directory', `${root} is a file, not an output tree`, BUILD_FIRST)
    }
    names = await readdir(root)
  } catch (error) {
    if (error instanceof IpxetoolError) throw error
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new IpxetoolError('tree-missing', `there is no output tree at ${root}`, BUILD_FIRST)
    }
    throw new IpxetoolError('tree-unreadable', `the output tree ${root} cannot be read (${code})`, {
      hint: 'give this user read permission on it',
      cause: error,
    })
  }
  if (!names.some((name) => !name.startsWith('.'))) {
    throw new IpxetoolError('tree-empty', `the output tree ${root} is empty`, BUILD_FIRST)
  }
}

/**
 * Opens the file at `segments` (clean names, see {@link ./names.ts}) below `root`.
 *
 * The root is resolved anew each time: it may itself be a link that a build switches to the next tree.
 */
export async function openInTree(root: string, segments: readonly string[]): Promise<Opened> {
  let handle: FileHandle | undefined
  try {
    const realRoot = await realpath(root)
    const real = await realpath(join(realRoot, ...segments))
    // With the separator: `/srv/out-private` begins with `/srv/out` too.
    const prefix = realRoot.endsWith(sep) ? realRoot : realRoot + sep
    if (real === realRoot) return refuse('directory')
    if (!real.startsWith(prefix)) return refuse('outside')
    const name = relative(realRoot, real).split(sep)
    if (name.some((segment) => segment.startsWith('.'))) return refuse('hidden')

    // Looked at before it is opened, because opening a device can already do something.
    const before = await stat(real)
    if (before.isDirectory()) return refuse('directory')
    if (!before.isFile()) return refuse('special')
    handle = await open(real, OPEN_FLAGS)
    const info = await handle.stat({ bigint: true })
    if (!info.isFile()) {
      await handle.close()
      return refuse('special')
    }
    return {
      ok: true,
      file: {
        handle,
        name: name.join('/'),
        mtimeMs: Number(info.mtimeNs / 1_000_000n),
        ...fileState(info),
      },
    }
  } catch (error) {
    await handle?.close().catch(() => undefined)
    return refuse(refusalOf(errorCode(error)))
  }
}

export function fileState(info: BigIntStats): FileState {
  const { size, mtimeNs, ctimeNs, ino, dev } = info
  return { size: Number(size), mtimeNs, ctimeNs, ino, dev }
}

export function sameState(one: FileState, other: FileState): boolean {
  return (
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  )
}

/**
 * The names as they are on disk for names in which somebody did not mind upper and lower case, as TFTP clients do
 * not that come from Windows. A name that is there as written is taken; one that could mean two is none.
 */
export async function findAnyCase(root: string, segments: readonly string[]): Promise<string[] | undefined> {
  const found: string[] = []
  for (const segment of segments) {
    let names: string[]
    try {
      names = await readdir(join(root, ...found))
    } catch {
      return undefined
    }
    const wanted = segment.toLowerCase()
    const alike = names.includes(segment) ? [segment] : names.filter((name) => name.toLowerCase() === wanted)
    if (alike.length !== 1) return undefined
    found.push(alike[0]!)
  }
  return found
}

/** The code of a system error, or `unknown`. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : 'unknown'
}

function refusalOf(code: string): Refusal {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'EINVAL':
    case 'ERR_INVALID_ARG_VALUE':
      return 'not-found'
    case 'EACCES':
    case 'EPERM':
      return 'forbidden'
    case 'EMFILE':
    case 'ENFILE':
      return 'busy'
    case 'ENXIO':
      return 'special'
    default:
      return 'io-error'
  }
}

function refuse(refusal: Refusal): Opened {
  return { ok: false, refusal }
}

/** Windows lacks some of them; the type of `constants` does not say so. */
function flag(name: string): number {
  return (constants as Readonly<Record<string, number | undefined>>)[name] ?? 0
}
