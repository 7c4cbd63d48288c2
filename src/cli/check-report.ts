/** The result of `ipxetool check` in the format that was asked for. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { githubReport } from '../diagnostics/reporters/github.js'
import { gnuReport } from '../diagnostics/reporters/gnu.js'
import { type JsonReport, jsonReport } from '../diagnostics/reporters/json.js'
import { jsonlReport } from '../diagnostics/reporters/jsonl.js'
import { junitReport } from '../diagnostics/reporters/junit.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { type RuleText, sarifReport } from '../diagnostics/reporters/sarif.js'
import { summarize } from '../diagnostics/summary.js'
import { bootNumbers, type CheckedBoot } from '../links/preflight-boots.js'
import { findExplanation } from '../rules/explanations.js'
import { findRule } from '../rules/index.js'
import { internalFailureId } from '../rules/run.js'
import { packageVersion } from './main.js'

export type ReportFormat = 'pretty' | 'json' | 'jsonl' | 'sarif' | 'github' | 'gnu' | 'junit'

interface ReportOptions {
  sources: ReadonlyMap<string, Uint8Array>
  boots: readonly CheckedBoot[]
  /** How many diagnostics are shown. */
  max: number
  look: { color: boolean; width: number }
}

/** @param diagnostics all, sorted */
export function checkReport(
  format: ReportFormat,
  diagnostics: readonly Diagnostic[],
  { sources, boots, max, look }: ReportOptions,
): string {
  const shown = diagnostics.slice(0, max)
  switch (format) {
    case 'pretty':
      return prettyReport(diagnostics, sources, { ...look, limit: Math.min(max, prettyLimit) })
    case 'json':
      return withBoots(jsonReport(shown, sources, summarize(diagnostics)), boots)
    case 'jsonl':
      return jsonlReport(shown, sources)
    case 'github':
      return githubReport(shown, sources)
    case 'gnu':
      return gnuReport(shown, sources)
    case 'junit':
      return junitReport(shown, sources)
    case 'sarif':
      return sarifReport(shown, sources, {
        version: packageVersion(),
        describe: ruleText,
        failures: diagnostics
          .filter(({ ruleId }) => ruleId === internalFailureId)
          .map(({ reason }) => reason),
      })
  }
}

/** More blocks than this nobody reads. */
const prettyLimit = 1000

function ruleText(id: string): RuleText | undefined {
  const rule = findRule(id)
  if (rule) return { summary: rule.summary, why: rule.docs.why, severity: rule.severity }
  const known = findExplanation(id)
  return known && { summary: known.what, why: `${known.why} ${known.fix}`, severity: 'warning' }
}

/** @returns the report with the numbers of what is booted, after its diagnostics */
function withBoots(report: string, boots: readonly CheckedBoot[]): string {
  const { diagnostics, summary } = JSON.parse(report) as JsonReport
  return `${JSON.stringify({ diagnostics, boots: bootNumbers(boots), summary }, null, 2)}\n`
}
