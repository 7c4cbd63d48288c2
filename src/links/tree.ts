/** The output tree as the link check sees it: paths, folders, and what is near a path that is not there. */
import { hole, mayBecome } from '../analysis/text.js'
import { editDistance, suggest } from '../data/suggest.js'

export interface TreeFile {
  /** Bytes. */
  size: number
  /** Hex. */
  sha256?: string
  /** As in the manifest: `build`, `static`, or what else put it there. */
  origin?: string
  /** The first bytes, 4 KiB are enough, or how to get them: called only for files that are booted. */
  head?: Uint8Array | (() => Uint8Array | undefined)
}

export class Tree {
  readonly files: ReadonlyMap<string, TreeFile>
  readonly #folders = new Set<string>()
  readonly #folded = new Map<string, string>()
  readonly #byName = new Map<string, string[]>()
  #sorted: string[] | undefined

  constructor(files: ReadonlyMap<string, TreeFile>) {
    this.files = files
    for (const path of files.keys()) {
      this.#folded.set(path.toLowerCase(), path)
      const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
      const same = this.#byName.get(name)
      if (same) same.push(path)
      else this.#byName.set(name, [path])
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
        const folder = path.slice(0, end)
        if (this.#folders.has(folder)) break
        this.#folders.add(folder)
      }
    }
  }

  kindOf(path: string): 'file' | 'folder' | undefined {
    return this.files.has(path) ? 'file' : path === '' || this.#folders.has(path) ? 'folder' : undefined
  }

  /** Sorted by code unit. */
  get paths(): readonly string[] {
    this.#sorted ??= [...this.files.keys()].sort()
    return this.#sorted
  }

  /** Files below a folder; `''` is the whole tree. */
  below(folder: string): readonly string[] {
    if (folder === '') return this.paths
    return this.#startingWith(`${folder}/`)
  }

  /** Files whose path may be what a text with holes becomes. */
  matching(pattern: string): readonly string[] {
    const literal = pattern.slice(0, Math.max(0, pattern.indexOf(hole)))
    // two holes side by side, or ends that are only holes, say nothing about the name
    return this.#startingWith(literal).filter((path) => mayBecome(pattern, path))
  }

  #startingWith(start: string): string[] {
    const { paths } = this
    let low = 0
    for (let high = paths.length; low < high;) {
      const middle = (low + high) >> 1
      if (paths[middle]! < start) low = middle + 1
      else high = middle
    }
    const result: string[] = []
    for (let at = low; at < paths.length && paths[at]!.startsWith(start); at++) result.push(paths[at]!)
    return result
  }

  /** What was probably meant by a path that is not there. */
  nearest(path: string): { path: string; why: 'case' | 'folder' | 'spelling' } | undefined {
    const folded = this.#folded.get(path.toLowerCase())
    if (folded !== undefined) return { path: folded, why: 'case' }
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1).toLowerCase()
    const [elsewhere] = (this.#byName.get(name) ?? [])
      .slice(0, 100)
      .sort((a, b) => editDistance(a, path) - editDistance(b, path) || (a < b ? -1 : 1))
    if (elsewhere !== undefined) return { path: elsewhere, why: 'folder' }
    const beside = this.below(slash < 0 ? '' : path.slice(0, slash)).slice(0, 500)
    const spelled = suggest(path, beside)
    if (spelled !== undefined) return { path: spelled, why: 'spelling' }
    const others = suggest(path, this.paths.slice(0, 2000))
    return others === undefined ? undefined : { path: others, why: 'spelling' }
  }
}

/** The first bytes of a file, when they can be had. */
export function headOf(file: TreeFile | undefined): Uint8Array | undefined {
  return typeof file?.head === 'function' ? file.head() : file?.head
}
