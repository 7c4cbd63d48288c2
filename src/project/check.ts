/** A project as `ipxetool check` sees it: everything that a build would complain about, without writing. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { ProjectHost } from './host.js'

export interface CheckOptions {
  /** `--var NAME=VALUE`. */
  variables?: ReadonlyMap<string, string>
  /** The environment, for `IPXETOOL_VAR_NAME`; nothing is read from the process. */
  environment?: Readonly<Record<string, string | undefined>>
}

export interface Checked {
  diagnostics: Diagnostic[]
  /** The bytes of every file that a diagnostic may point into, by the path in `Diagnostic.file`. */
  sources: ReadonlyMap<string, Uint8Array>
}

/**
 * @param root folder of `ipxetool.yaml` as the user knows it; the paths in the result begin with it (`.` adds nothing)
 */
// eslint-disable-next-line @typescript-eslint/require-await
export async function checkProject(root: string, host: ProjectHost, options: CheckOptions): Promise<Checked> {
  void root
  void host
  void options
  return { diagnostics: [], sources: new Map() }
}
