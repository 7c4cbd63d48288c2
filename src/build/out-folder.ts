/** Where an output tree must not be. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { errorCode } from './names.js'

export interface OutContext {
  /** The project's root, full and without links. */
  root: string
  /** Folders of the project that hold sources, relative to its root; the root itself does not count. */
  sourceFolders: readonly string[]
  /** The user's home folder. */
  home: string | undefined
}

/**
 * The real path of an output tree that may not exist yet.
 * @param out full
 */
export async function resolveOut(out: string): Promise<string> {
  try {
    return await realpath(out)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error
    const parent = dirname(out)
    return parent === out ? out : join(await resolveOut(parent), basename(out))
  }
}

/**
 * @param out full and without links
 * @throws IpxetoolError `bad-out` (exit code 2)
 */
export function checkOut(out: string, { root, sourceFolders, home }: OutContext): void {
  const refuse = (why: string): never => {
    throw new IpxetoolError('bad-out', `the tree cannot be written to ${out}: ${why}`, {
      exitCode: 2,
      hint: 'name a folder of its own with --out, or with `out` in ipxetool.yaml; the usual one is `out`',
    })
  }
  if (dirname(out) === out) refuse('that is the root of the file system')
  if (home !== undefined && contains(out, home)) refuse('your home folder is in it')
  if (out === root) refuse('that is the project itself')
  if (contains(out, root)) refuse('the project is in it')
  for (const folder of sourceFolders) {
    const full = join(root, folder)
    if (contains(full, out)) refuse(`it is in \`${folder}\`, which holds sources of the project`)
    if (contains(out, full)) refuse(`it holds \`${folder}\`, which is a part of the project`)
  }
}

export function contains(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !/^[A-Za-z]:/.test(way))
}
