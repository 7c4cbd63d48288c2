/** A script that belongs to no project, with what it includes. */
import type { Script } from '../ast/nodes.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { parse } from '../syntax/parse.js'
import type { ProjectHost } from './host.js'

export interface LooseOptions {
  /** Includes must stay below this folder. Default: the current folder when the script is in it, else its own. */
  root?: string
  /** The script when it is not in a file (standard input, an editor); `path` then only names it. */
  input?: Uint8Array
}

export interface Composed {
  /** Variables are replaced in a project and stay in a loose script; included lines carry their `origin`. */
  script: Script
  /** Problems with directives and variables; rules have not run. */
  diagnostics: Diagnostic[]
  /** The script and all it includes, by the path in `Diagnostic.file`. */
  sources: ReadonlyMap<string, Uint8Array>
}

export async function composeLoose(
  path: string,
  host: ProjectHost,
  options: LooseOptions = {},
): Promise<Composed> {
  const bytes = options.input ?? (await host.readFile(path, 16 * 2 ** 20))
  return { script: parse(bytes), diagnostics: [], sources: new Map([[path, bytes]]) }
}
