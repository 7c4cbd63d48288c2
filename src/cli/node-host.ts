/** The file system as projects see it (`src/project/host.ts`). */
import { createHash } from 'node:crypto'
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import type { OutputStream } from './io.js'
import { HostError, type HostEntry, type HostErrorKind, type ProjectHost } from '../project/host.js'

// a pipe in place of a file must not hang us; Windows has no such flag, whatever the types say
const openFlags = constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NONBLOCK ?? 0)

/**
 * @param cwd what relative paths start at
 * @param stderr gets what menu files in TypeScript print
 */
export function nodeHost(cwd: string, stderr: OutputStream = process.stderr): ProjectHost {
  const full = (path: string): string => resolve(cwd, path)
  let load: ProjectHost['loadMenuFile']
  return {
    // files are small and many: to wait for each in turn takes less than a thread that does it
    readFile: (path, limit) => guard(path, () => Promise.resolve(readWhole(path, full(path), limit))),
    async list(path) {
      const entries = await guard(path, () => readdir(full(path), { withFileTypes: true }))
      return entries.map((entry) => {
        const kind: HostEntry['kind'] = entry.isFile()
          ? 'file'
          : entry.isDirectory()
            ? 'folder'
            : entry.isSymbolicLink()
              ? 'link'
              : 'other'
        return { name: entry.name, kind }
      })
    },
    async realpath(path) {
      const real = await guard(path, () => realpath(full(path)))
      return sep === '/' ? real : real.replaceAll(sep, '/')
    },
    digest: (path) =>
      guard(path, async () => {
        const hash = createHash('sha256')
        let size = 0
        for await (const chunk of createReadStream(full(path)) as AsyncIterable<Buffer>) {
          hash.update(chunk)
          size += chunk.length
        }
        return { size, sha256: hash.digest('hex') }
      }),
    async loadMenuFile(path) {
      // most projects have none
      load ??= (await import('./load-menus.js')).menuLoader({ cwd, stderr })
      return load(path)
    },
  }
}

function readWhole(path: string, file: string, limit: number): Uint8Array {
  const handle = openSync(file, openFlags)
  try {
    const info = fstatSync(handle)
    if (info.isDirectory()) throw new HostError('folder', path, 'it is a folder')
    if (!info.isFile()) throw new HostError('not-regular', path, 'it is not a regular file')
    if (info.size > limit) throw tooLarge(path, info.size, limit)
    let bytes = new Uint8Array(info.size + 1)
    let length = 0
    for (;;) {
      const read = readSync(handle, bytes, length, bytes.length - length, null)
      length += read
      // what is in /proc, or still growing, has more than it says
      if (read === 0 || (length === info.size && length > 0 && length < bytes.length)) break
      if (length > limit) throw tooLarge(path, length, limit)
      if (length < bytes.length) continue
      const more = new Uint8Array(Math.max(4096, bytes.length * 2))
      more.set(bytes)
      bytes = more
    }
    if (length > limit) throw tooLarge(path, length, limit)
    return bytes.subarray(0, length)
  } finally {
    closeSync(handle)
  }
}

function tooLarge(path: string, size: number, limit: number): HostError {
  const text = `it has ${mebibytes(size)}, more than the ${mebibytes(limit)} that are allowed here`
  return new HostError('too-large', path, text)
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}

const kinds: Record<string, readonly [HostErrorKind, string]> = {
  ENOENT: ['missing', 'there is no such file'],
  ENOTDIR: ['not-folder', 'a part of its path is a file, not a folder'],
  EISDIR: ['folder', 'it is a folder'],
  EACCES: ['denied', 'this user has no permission to read it'],
  EPERM: ['denied', 'this user has no permission to read it'],
  ELOOP: ['loop', 'its links lead in a circle'],
  ENAMETOOLONG: ['missing', 'the name is too long'],
  ENXIO: ['not-regular', 'it is not a regular file'],
  ERR_INVALID_ARG_VALUE: ['missing', 'the name holds a NUL byte'],
}

async function guard<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code
    if (error instanceof HostError || typeof code !== 'string') throw error
    const [kind, message] = kinds[code] ?? ['other', `the system says ${code}`]
    throw new HostError(kind, path, message, { cause: error })
  }
}
