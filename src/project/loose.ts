/** A script that belongs to no project, with what it includes. */
import type { Script } from '../ast/nodes.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { type KnownLines, parse } from '../syntax/parse.js'
import { composeParsed, includesAnything, ScriptReader, scriptSizeLimit } from './compose.js'
import type { ProjectHost } from './host.js'
import { folderOf, isWithin } from './paths.js'

export interface LooseOptions {
  /** Includes must stay below this folder. Default: the current folder when the script is in it, else its own. */
  root?: string
  /** The script when it is not in a file (standard input, an editor); `path` then only names it. */
  input?: Uint8Array
  /** Lines of other scripts of the run. */
  known?: KnownLines
}

export interface Composed {
  /** Variables stay as they are; included lines carry their `origin`. */
  script: Script
  /** Problems with include directives; rules have not run. */
  diagnostics: Diagnostic[]
  /** The script and all it includes, by the path in `Diagnostic.file`. */
  sources: ReadonlyMap<string, Uint8Array>
}

/** @throws HostError when the script itself cannot be read or has more than 16 MiB */
export async function composeLoose(
  path: string,
  host: ProjectHost,
  options: LooseOptions = {},
): Promise<Composed> {
  const bytes = options.input ?? (await host.readFile(path, scriptSizeLimit))
  const { known } = options
  const parsed = parse(bytes, { positions: false, ...(known && { known }) })
  if (!includesAnything(parsed)) return { script: parsed, diagnostics: [], sources: new Map([[path, bytes]]) }
  const reader = new ScriptReader(host, await boundaryOf(path, host, options))
  const { script, diagnostics } = await composeParsed(path, parsed, reader)
  reader.sources.set(path, bytes)
  return { script, diagnostics, sources: reader.sources }
}

async function boundaryOf(path: string, host: ProjectHost, { root, input }: LooseOptions): Promise<string> {
  if (root !== undefined) return host.realpath(root)
  const current = await host.realpath('.')
  if (input !== undefined && path === '-') return current
  const folder = await host.realpath(folderOf(path)).catch(() => current)
  return isWithin(current, folder) ? current : folder
}
