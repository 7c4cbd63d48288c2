import type { LoaderFacts } from '../analysis/loader-needs.js'
import type { Target } from '../analysis/target.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { looseFacts } from './facts.js'
import { parse } from '../syntax/parse.js'
import { runRules } from './run.js'
import type { CheckSettings } from './settings.js'

export interface CheckScriptOptions {
  path?: string
  loaders?: readonly LoaderFacts[]
  target?: Target
  settings?: CheckSettings
}

/**
 * Checks one script that belongs to no project. Never throws, whatever the bytes. Includes are not read: what an
 * included file defines counts as missing.
 *
 * @param input bytes, or a string that is taken as UTF-8
 * @param options `path` is the name of the file in the diagnostics, `script.ipxe` when there is none; `loaders` are those
 * that will run it, as `ipxetool compile` makes them; `target` is the same in a word; `settings` say which rules run
 */
export function checkScript(input: Uint8Array | string, options: CheckScriptOptions = {}): Diagnostic[] {
  const { path = 'script.ipxe', loaders, target, settings } = options
  return sortDiagnostics(
    runRules(parse(input, { positions: false }), {
      path,
      facts: { ...looseFacts, ...(loaders && { loaders }), ...(target && { target }) },
      ...(settings && { settings }),
    }),
  )
}
