/** Where the source of iPXE comes from, once that is known. */
import type { SourceIdentity } from '../types.js'

export interface PreparedSource {
  readonly identity: SourceIdentity
  /** As the user would name it: a URL and a commit, a folder, a file. */
  readonly name: string
  /** How it was got, one sentence, and what to know about it. */
  readonly notes: readonly string[]
  /** Writes the tree into a new folder, so that `<folder>/src/Makefile` is there; times of files as in the source. */
  readonly unpack: (folder: string, signal?: AbortSignal) => Promise<void>
}

export interface SourceContext {
  /** Of `ipxetool compile`: `<cache>/ipxetool/compile`. */
  readonly cache: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal | undefined
  readonly onNote?: ((text: string) => void) | undefined
}
