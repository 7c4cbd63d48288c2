/** Diagnostics as GNU programs print them, which editors and CI systems read. */
import type { Diagnostic } from '../diagnostic.js'
import { Sources } from '../source-text.js'
import { visible } from '../visible.js'

/** @returns `FILE:LINE:COLUMN: SEVERITY: MESSAGE [RULE]`, one line for each; columns in code points */
export function gnuReport(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
): string {
  const texts = new Sources(sources)
  return diagnostics
    .map(({ file, place, severity, ruleId, reason }) => {
      const start = place?.start
      const column = start && (texts.get(file)?.column(start) ?? start.column)
      const where = start ? `:${start.line}:${column}` : ''
      return `${visible(file)}${where}: ${severity}: ${visible(reason)} [${ruleId}]\n`
    })
    .join('')
}
