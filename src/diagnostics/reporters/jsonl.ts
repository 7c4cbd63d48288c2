/** Diagnostics for programs that read line by line: one JSON object on each. */
import type { Diagnostic } from '../diagnostic.js'
import { Sources } from '../source-text.js'
import { toJson } from './json.js'

/** @returns one line for each diagnostic, as in the list of {@link jsonReport} */
export function jsonlReport(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
): string {
  const texts = new Sources(sources)
  return diagnostics.map((diagnostic) => `${JSON.stringify(toJson(diagnostic, texts))}\n`).join('')
}
