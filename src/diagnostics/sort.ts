import type { Diagnostic } from './diagnostic.js'

/** By file, place and rule; what is said twice of one place (a file that is included twice) stays once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  return diagnostics
    .filter((diagnostic) => {
      const key = [
        diagnostic.file,
        offsetOf(diagnostic),
        diagnostic.place?.end.offset,
        diagnostic.ruleId,
        diagnostic.reason,
      ].join('\n')
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
    .map((diagnostic) => ({ diagnostic, offset: offsetOf(diagnostic) }))
    .sort(
      (a, b) =>
        compare(a.diagnostic.file, b.diagnostic.file) ||
        a.offset - b.offset ||
        compare(a.diagnostic.ruleId, b.diagnostic.ruleId),
    )
    .map(({ diagnostic }) => diagnostic)
}

/** A diagnostic about the whole file comes first. */
function offsetOf({ place }: Diagnostic): number {
  return place?.start.offset ?? -1
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
