import type { LoadedMenuFile } from './host-menus.js'

/**
 * What a project may touch of the outside world. Project code has no other I/O; `cli` hands in the real thing
 * (`src/cli/node-host.ts`), tests a tree in memory.
 *
 * Paths use `/`. A relative path starts at the user's current folder, so that the paths in diagnostics are those
 * that the user would type.
 */
export interface ProjectHost {
  /**
   * The bytes of a regular file, links followed.
   * @throws HostError; `too-large` before a byte is read when the file has more than `limit` bytes
   */
  readFile(path: string, limit: number): Promise<Uint8Array>
  /** Entries of a folder in any order, without `.` and `..`. @throws HostError */
  list(path: string): Promise<HostEntry[]>
  /** The absolute path without links in it. @throws HostError */
  realpath(path: string): Promise<string>
  /** Size and SHA-256 (hex) of a file of any size, links followed. @throws HostError */
  digest(path: string): Promise<{ size: number; sha256: string }>
  /** Runs `menus/*.ts`, trusted code of the project; never throws. Absent where no code can be run. */
  loadMenuFile?(path: string): Promise<LoadedMenuFile>
}

export interface HostEntry {
  readonly name: string
  /** What the entry is itself: a link is a link. */
  readonly kind: 'file' | 'folder' | 'link' | 'other'
}

export type HostErrorKind =
  | 'missing'
  | 'folder' // a folder where a file was expected
  | 'not-folder'
  | 'denied'
  | 'too-large'
  | 'not-regular' // a device, a socket, a pipe
  | 'loop' // links that lead to each other
  | 'other'

export class HostError extends Error {
  readonly kind: HostErrorKind
  readonly path: string

  constructor(kind: HostErrorKind, path: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HostError'
    this.kind = kind
    this.path = path
  }
}

/** `undefined` instead of an error when the file is simply not there. */
export async function readIfThere(
  host: ProjectHost,
  path: string,
  limit: number,
): Promise<Uint8Array | undefined> {
  try {
    return await host.readFile(path, limit)
  } catch (error) {
    if (error instanceof HostError && (error.kind === 'missing' || error.kind === 'not-folder'))
      return undefined
    throw error
  }
}
