/** Source out of a tar stream: only plain files, folders and links that stay inside. */
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import type { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { IpxetoolError, isIpxetoolError } from '../../diagnostics/error.js'
import { isPartOfSource } from './tree-facts.js'

/** iPXE has 27 MB in 2,200 files. */
const limits = { bytes: 1024 * 2 ** 20, files: 100_000 }

export interface TarEntry {
  /** In the archive, without `./`. */
  readonly path: string
  readonly kind: 'file' | 'link'
  /** Seconds. */
  readonly time: number
  readonly isExecutable: boolean
  readonly target: string | undefined
  readonly bytes: Buffer
}

/** @throws IpxetoolError `bad-archive` for a path that leads out, and for one without end */
export async function* tarEntries(stream: Readable, name: string): AsyncGenerator<TarEntry> {
  const tar = extract()
  stream.on('error', (error) => {
    tar.destroy(error)
  })
  stream.pipe(tar)
  let bytes = 0
  let files = 0
  try {
    for await (const entry of tar) {
      const header = entry.header
      const path = safePath(header, name)
      const chunks: Buffer[] = []
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > limits.bytes) throw bad(name, 'there is more than 1 GiB in it')
        chunks.push(chunk)
      }
      if (++files > limits.files) throw bad(name, `there are more than ${limits.files} files in it`)
      const { type } = header
      if (type === 'directory' || path === '') continue
      if (type !== 'file' && type !== 'symlink' && type !== 'contiguous-file')
        throw bad(name, `${path} is neither a file nor a link (${type})`)
      yield {
        path,
        kind: type === 'symlink' ? 'link' : 'file',
        time: Math.floor(((header.mtime as Date | undefined) ?? new Date(0)).getTime() / 1000),
        isExecutable: (header.mode & 0o100) !== 0,
        target: type === 'symlink' ? linkOf(header) : undefined,
        bytes: Buffer.concat(chunks),
      }
    }
  } catch (error) {
    if (isIpxetoolError(error)) throw error
    throw bad(name, 'it is no whole tar archive', error)
  } finally {
    stream.destroy()
  }
}

function linkOf(header: Header): string {
  // the package's types leave out that there may be none
  return (header as { linkname?: string | null }).linkname ?? ''
}

function safePath(header: Header, name: string): string {
  const { name: path, type } = header
  const linkname = linkOf(header)
  const clean = posix.normalize(path).replace(/\/$/, '')
  if (path.startsWith('/') || clean === '..' || clean.startsWith('../') || path.includes('\0'))
    throw bad(name, `${JSON.stringify(path)} leads out of it`)
  if (type === 'symlink') {
    const target = posix.normalize(posix.join(posix.dirname(clean), linkname))
    // behind another link `..` would be another folder than it looks like
    const isDevious = /(?:^|\/)(?!\.\.?\/)[^/]+\/(?:.*\/)?\.\.(?:\/|$)/.test(linkname)
    if (linkname.startsWith('/') || isDevious || target === '..' || target.startsWith('../'))
      throw bad(name, `the link ${JSON.stringify(path)} leads out of it`)
  }
  return clean === '.' ? '' : clean
}

function bad(name: string, why: string, cause?: unknown): IpxetoolError {
  return new IpxetoolError('bad-archive', `${name} is refused: ${why}`, {
    hint: 'give an archive of iPXE as GitHub or `git archive` makes it (.tar, .tar.gz or .tar.xz)',
    ...(cause !== undefined && { cause }),
  })
}

/**
 * @param name of the archive, for messages
 * @param top folder of the archive that becomes `folder`, '' for none
 * @throws IpxetoolError `bad-archive`
 */
export async function unpackTar(
  entries: AsyncIterable<TarEntry>,
  name: string,
  folder: string,
  top: string,
  signal?: AbortSignal,
): Promise<void> {
  const made = new Set<string>()
  const seen = new Set<string>()
  const folders = new Set<string>()
  const checkPlace = (path: string): void => {
    if (seen.has(path) || folders.has(path)) throw bad(name, `${path} is in it twice`)
    seen.add(path)
    for (const parent of parents(path)) {
      if (seen.has(parent)) throw bad(name, `${path} lies behind ${parent}, which is no folder`)
      folders.add(parent)
    }
  }
  const links: TarEntry[] = []
  const inside = (path: string): string | undefined =>
    top === '' ? path : path.startsWith(`${top}/`) ? path.slice(top.length + 1) : undefined
  const ready = async (path: string): Promise<string> => {
    const full = join(folder, path)
    const parent = dirname(full)
    if (!made.has(parent)) await mkdir(parent, { recursive: true })
    made.add(parent)
    return full
  }
  for await (const entry of entries) {
    signal?.throwIfAborted()
    const path = inside(entry.path)
    if (path === undefined || !isPartOfSource(path)) continue
    checkPlace(entry.path)
    // links last: nothing can then be written through one
    if (entry.kind === 'link') links.push(entry)
    else {
      const full = await ready(path)
      await writeFile(full, entry.bytes, { flag: 'wx', mode: entry.isExecutable ? 0o755 : 0o644 })
      await utimes(full, entry.time, entry.time)
    }
  }
  for (const { path, target } of links) await symlink(target ?? '', await ready(inside(path)!))
}

function parents(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}
