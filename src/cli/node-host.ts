/** The file system as projects see it (`src/project/host.ts`). */
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
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
    async readFile(path, limit) {
      const handle = await guard(path, () => open(full(path), openFlags))
      try {
        return await guard(path, async () => {
          const info = await handle.stat()
          if (info.isDirectory()) throw new HostError('folder', path, 'it is a folder')
          if (!info.isFile()) throw new HostError('not-regular', path, 'it is not a regular file')
          if (info.size > limit) throw tooLarge(path, info.size, limit)
          // what is in /proc, or still growing, has more than it says
          const bytes = await handle.readFile()
          if (bytes.length > limit) throw tooLarge(path, bytes.length, limit)
          return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
        })
      } finally {
        await handle.close()
      }
    },
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
