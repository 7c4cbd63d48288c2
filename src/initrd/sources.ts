/** `SOURCE` and `SOURCE:PATH/IN/INITRD` as entries of an archive. */
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import type { CpioEntry } from './cpio.js'

export interface SourceOptions {
  /** Permissions of the files. Without it 0755 for what its owner can execute and 0644 for the rest. */
  mode?: number
}

/** All of them together; they are held in memory. */
const sizeLimit = 512 * 2 ** 20

/**
 * Reads what people name. A folder stands for all that is in it; links in it stay links.
 *
 * @param cwd what relative sources start at
 * @throws IpxetoolError `initrd-source`, `initrd-path`, `initrd-too-large`
 */
export async function readSources(
  specs: readonly string[],
  cwd: string,
  { mode }: SourceOptions = {},
): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = []
  let total = 0
  const visit = async (full: string, path: string, isTop: boolean): Promise<void> => {
    const info = await (isTop ? stat(full) : lstat(full))
    if (info.isDirectory()) {
      entries.push({ path, kind: 'folder', mode: 0o755 })
      for (const name of (await readdir(full)).sort()) await visit(join(full, name), `${path}/${name}`, false)
    } else if (info.isSymbolicLink()) {
      const target = (await readlink(full)).replaceAll('\\', '/')
      entries.push({ path, kind: 'link', mode: 0o777, content: Buffer.from(target) })
    } else if (info.isFile()) {
      total += info.size
      if (total > sizeLimit) {
        throw new IpxetoolError('initrd-too-large', 'what is to be added has more than 512 MiB', {
          hint: 'the machine holds an initrd in memory twice while it unpacks it',
        })
      }
      const usual = (info.mode & 0o100) === 0 ? 0o644 : 0o755
      entries.push({ path, kind: 'file', mode: mode ?? usual, content: await readFile(full) })
    } else {
      throw new IpxetoolError('initrd-source', `${full} is neither a file nor a folder nor a link`)
    }
  }
  for (const spec of specs) {
    const { source, path } = await split(spec, cwd)
    try {
      await visit(resolve(cwd, source), path, true)
    } catch (error) {
      throw explain(error, source)
    }
  }
  return entries
}

async function split(spec: string, cwd: string): Promise<{ source: string; path: string }> {
  const colon = spec.lastIndexOf(':')
  // a name may hold a colon, and on Windows every full path does
  if (colon < 2 || (await isThere(resolve(cwd, spec))))
    return { source: spec, path: basename(resolve(cwd, spec)) }
  const source = spec.slice(0, colon)
  const asked = spec.slice(colon + 1)
  const path = asked.replace(/^\/+/, '')
  const full = path === '' || path.endsWith('/') ? `${path}${basename(resolve(cwd, source))}` : path
  const isBad = full.split('/').some((part) => part === '' || part === '.' || part === '..')
  // eslint-disable-next-line no-control-regex
  if (isBad || /[\0-\x1f\\]/.test(full)) {
    throw new IpxetoolError('initrd-path', `\`${asked}\` is no path in an initrd`, {
      exitCode: 2,
      hint: 'write it from its root, without `.` and `..`: config.ign:usr/lib/ignition/user.ign',
    })
  }
  return { source, path: full }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}

function explain(error: unknown, source: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException
  if (error instanceof IpxetoolError || typeof code !== 'string') return error
  const why =
    { ENOENT: 'there is no such file', EACCES: 'this user has no permission to read it' }[code] ?? code
  return new IpxetoolError('initrd-source', `${source} cannot be added: ${why}`, {
    hint: `name it as SOURCE or SOURCE:PATH/IN/INITRD${path === undefined ? '' : ` (${path})`}`,
    cause: error,
  })
}
