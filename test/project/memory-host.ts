/** A tree of files in memory. Links are `{ link: 'target' }`, what cannot be read is `{ error: kind }`. */
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { HostError, type HostErrorKind, type ProjectHost } from '../../src/project/host.js'

export type MemoryEntry = string | Uint8Array | { link: string } | { error: HostErrorKind }

export interface MemoryHost extends ProjectHost {
  /** Paths of files that were read, in order. */
  readonly reads: string[]
}

/** @param files by full path below `/p`, which is the current folder */
export function memoryHost(files: Readonly<Record<string, MemoryEntry>>): MemoryHost {
  const cwd = '/p'
  const entries = new Map<string, MemoryEntry>()
  const folders = new Set(['/'])
  for (const [path, entry] of Object.entries(files)) {
    const full = posix.resolve(cwd, path)
    entries.set(full, entry)
    for (let folder = posix.dirname(full); ; folder = posix.dirname(folder)) {
      folders.add(folder)
      if (folder === '/') break
    }
  }
  const real = (path: string, depth = 0): string => {
    if (depth > 20) throw new HostError('loop', path, 'its links lead in a circle')
    let result = '/'
    for (const part of posix.resolve(cwd, path).split('/').filter(Boolean)) {
      const next = posix.join(result, part)
      const entry = entries.get(next)
      if (entry !== undefined && typeof entry === 'object' && 'link' in entry) {
        result = real(posix.resolve(result, entry.link), depth + 1)
      } else if (entry !== undefined || folders.has(next)) result = next
      else throw new HostError('missing', path, 'there is no such file')
    }
    return result
  }
  const bytesOf = (path: string): Uint8Array => {
    const full = real(path)
    const entry = entries.get(full)
    if (entry === undefined) throw new HostError('folder', path, 'it is a folder')
    if (typeof entry === 'string') return new TextEncoder().encode(entry)
    if (entry instanceof Uint8Array) return entry
    throw new HostError('error' in entry ? entry.error : 'other', path, 'it cannot be read')
  }
  const reads: string[] = []
  // async, so that what is thrown becomes a rejection
  /* eslint-disable @typescript-eslint/require-await */
  return {
    reads,
    async readFile(path, limit) {
      reads.push(path)
      const bytes = bytesOf(path)
      if (bytes.length > limit) throw new HostError('too-large', path, `it has ${bytes.length} bytes`)
      return bytes
    },
    async list(path) {
      const folder = real(path)
      if (entries.has(folder)) throw new HostError('not-folder', path, 'it is not a folder')
      const names = new Map<string, 'file' | 'folder' | 'link' | 'other'>()
      for (const other of folders) {
        if (other !== '/' && posix.dirname(other) === folder) names.set(posix.basename(other), 'folder')
      }
      for (const [other, entry] of entries) {
        if (posix.dirname(other) !== folder) continue
        names.set(posix.basename(other), typeof entry === 'object' && 'link' in entry ? 'link' : 'file')
      }
      // not sorted on purpose
      return [...names].map(([name, kind]) => ({ name, kind })).reverse()
    },
    async realpath(path) {
      return real(path)
    },
    async digest(path) {
      const bytes = bytesOf(path)
      return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
    },
  }
  /* eslint-enable @typescript-eslint/require-await */
}

/** `file:line:column rule: reason` of each. */
export function lines(
  diagnostics: readonly {
    file: string
    place?: { start: { line: number; column: number } } | undefined
    ruleId: string
    reason: string
  }[],
): string[] {
  return diagnostics.map(({ file, place, ruleId, reason }) => {
    const at = place ? `:${place.start.line}:${place.start.column}` : ''
    return `${file}${at} ${ruleId}: ${reason}`
  })
}
