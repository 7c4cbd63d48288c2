import type { Diagnostic } from './diagnostic.js'

export interface Summary {
  errors: number
  warnings: number
  infos: number
  /** Files with at least one diagnostic. */
  files: number
}

export function summarize(diagnostics: readonly Diagnostic[]): Summary {
  const of = (severity: Diagnostic['severity']): number =>
    diagnostics.reduce((sum, diagnostic) => sum + (diagnostic.severity === severity ? 1 : 0), 0)
  const files = new Set(diagnostics.map(({ file }) => file)).size
  return { errors: of('error'), warnings: of('warning'), infos: of('info'), files }
}

/** `2 errors, 1 warning in 1 file`; empty when there is nothing to tell. */
export function summaryLine(diagnostics: readonly Diagnostic[]): string {
  const { errors, warnings, infos, files } = summarize(diagnostics)
  const parts = [
    counted(errors, 'error'),
    counted(warnings, 'warning'),
    infos > 0 ? `${infos} info` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : `${parts.join(', ')} in ${counted(files, 'file')}`
}

function counted(number: number, noun: string): string {
  return number === 0 ? '' : `${number} ${noun}${number === 1 ? '' : 's'}`
}
