/** Diagnostics for programs: one JSON object. */
import type { Diagnostic, Fix, Severity } from '../diagnostic.js'
import { Sources } from '../source-text.js'
import { type Summary, summarize } from '../summary.js'

export interface JsonReport {
  diagnostics: JsonDiagnostic[]
  summary: Summary
}

/** Without a place a diagnostic is about the whole file. */
export interface JsonDiagnostic {
  file: string
  /** 1-based; columns in code points. */
  line?: number
  column?: number
  endLine?: number
  endColumn?: number
  /** 0-based, in bytes. */
  offset?: number
  endOffset?: number
  severity: Severity
  rule: string
  message: string
  expected?: string[]
  note?: string
  /** Byte offsets; `text` has one character U+0000 to U+00FF for each byte. */
  fix?: Fix
}

/**
 * @param summary of all, when these are only some of them
 * @returns indented JSON that ends in LF
 */
export function jsonReport(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
  summary: Summary = summarize(diagnostics),
): string {
  const texts = new Sources(sources)
  const report: JsonReport = {
    diagnostics: diagnostics.map((diagnostic) => toJson(diagnostic, texts)),
    summary,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

export function toJson(
  { file, place, severity, ruleId, reason, expected, note, fix }: Diagnostic,
  texts: Sources,
): JsonDiagnostic {
  const text = texts.get(file)
  return {
    file,
    ...(place && {
      line: place.start.line,
      column: text?.column(place.start) ?? place.start.column,
      endLine: place.end.line,
      endColumn: text?.column(place.end) ?? place.end.column,
      ...(place.start.offset !== undefined && { offset: place.start.offset }),
      ...(place.end.offset !== undefined && { endOffset: place.end.offset }),
    }),
    severity,
    rule: ruleId,
    message: reason,
    ...(expected && { expected }),
    ...(note !== undefined && { note }),
    ...(fix && { fix }),
  }
}
