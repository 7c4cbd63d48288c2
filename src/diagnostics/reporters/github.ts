/** Diagnostics as GitHub Actions workflow commands, which become annotations of a pull request. */
import type { Diagnostic, Severity } from '../diagnostic.js'
import { Sources } from '../source-text.js'
import { visible } from '../visible.js'

const commands: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'notice' }

/** @returns one line for each diagnostic */
export function githubReport(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
): string {
  const texts = new Sources(sources)
  return diagnostics.map((diagnostic) => `${line(diagnostic, texts)}\n`).join('')
}

function line({ file, place, severity, ruleId, reason, note }: Diagnostic, texts: Sources): string {
  const text = texts.get(file)
  const properties: [string, string | number][] = [['file', file]]
  if (place) {
    properties.push(['line', place.start.line], ['endLine', place.end.line])
    // GitHub takes columns only of places within one line
    if (place.start.line === place.end.line) {
      const start = text?.column(place.start) ?? place.start.column
      const end = text?.column(place.end) ?? place.end.column
      properties.push(['col', start], ['endColumn', Math.max(start, end - 1)])
    }
  }
  properties.push(['title', ruleId])
  const list = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(',')
  return `::${commands[severity]} ${list}::${escapeData(note === undefined ? reason : `${reason}. ${note}`)}`
}

function escapeData(value: string): string {
  return visible(value).replaceAll('%', '%25')
}

function escapeProperty(value: string): string {
  return escapeData(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
