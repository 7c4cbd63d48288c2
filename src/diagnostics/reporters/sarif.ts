/** Diagnostics as SARIF 2.1.0 (OASIS), which code scanning services take. */
import type { Diagnostic, Edit, Severity } from '../diagnostic.js'
import { Sources, type SourceText } from '../source-text.js'
import { visible } from '../visible.js'

/** What a service shows of a rule. */
export interface RuleText {
  readonly summary: string
  readonly why: string
  readonly severity: Severity
}

export interface SarifOptions {
  /** Of ipxetool. */
  version: string
  /** Undefined for an id that nothing more is known about. */
  describe: (ruleId: string) => RuleText | undefined
  /** Something of ours failed: not all was checked. */
  failures?: readonly string[]
}

const levels: Record<Severity, 'error' | 'warning' | 'note'> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

/** @returns indented JSON that ends in LF; columns count code points */
export function sarifReport(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
  { version, describe, failures = [] }: SarifOptions,
): string {
  const texts = new Sources(sources)
  const ids = [...new Set(diagnostics.map(({ ruleId }) => ruleId))].sort()
  const report = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'ipxetool',
            semanticVersion: version,
            rules: ids.map((id) => rule(id, describe(id))),
          },
        },
        columnKind: 'unicodeCodePoints',
        invocations: [
          {
            executionSuccessful: failures.length === 0,
            ...(failures.length > 0 && {
              toolExecutionNotifications: failures.map((text) => ({ level: 'error', message: { text } })),
            }),
          },
        ],
        results: diagnostics.map((diagnostic) => result(diagnostic, ids, texts)),
      },
    ],
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function rule(id: string, text: RuleText | undefined): object {
  if (!text) return { id }
  return {
    id,
    shortDescription: { text: text.summary },
    fullDescription: { text: text.why },
    help: { text: `${text.why}\n\nipxetool check --explain ${id}` },
    defaultConfiguration: { level: levels[text.severity] },
  }
}

function result(diagnostic: Diagnostic, ids: readonly string[], texts: Sources): object {
  const { file, place, severity, ruleId, reason, note, fix } = diagnostic
  const text = texts.get(file)
  const artifactLocation = { uri: uriOf(file) }
  const region = place && {
    startLine: place.start.line,
    startColumn: text?.column(place.start) ?? place.start.column,
    endLine: place.end.line,
    endColumn: text?.column(place.end) ?? place.end.column,
  }
  return {
    ruleId,
    ruleIndex: ids.indexOf(ruleId),
    level: levels[severity],
    message: { text: visible(note === undefined ? reason : `${reason}. ${note}`) },
    locations: [{ physicalLocation: { artifactLocation, ...(region && { region }) } }],
    ...(fix &&
      text && {
        fixes: [
          {
            description: { text: visible(fix.description) },
            artifactChanges: [
              { artifactLocation, replacements: fix.edits.map((edit) => replacement(edit, text)) },
            ],
          },
        ],
      }),
  }
}

function replacement({ start, end, text: inserted }: Edit, text: SourceText): object {
  const from = text.at(start)
  const to = text.at(end)
  return {
    deletedRegion: {
      startLine: from.line,
      startColumn: from.column,
      endLine: to.line,
      endColumn: to.column,
    },
    insertedContent: { text: decode(inserted) },
  }
}

/** A byte string as text: UTF-8 where it is valid. */
function decode(bytes: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(bytes, (char) => char.charCodeAt(0)),
    )
  } catch {
    return bytes
  }
}

/** A relative path stays relative to wherever the report is read; an absolute one is a `file:` URI. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').split('/').map(encodeSegment).join('/')
  if (path.startsWith('/')) return `file://${path}`
  // a colon in the first segment would read as a scheme
  return /^[^/]*:/.test(path) ? `./${path}` : path
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.replace(/[\ud800-\udfff]/g, '\ufffd')).replaceAll('%3A', ':')
}
