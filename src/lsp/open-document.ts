/** One open document and what is reported of it: at once what can be told by its lines, then the rest. */
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { type Fix } from '../diagnostics/diagnostic.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import type { ScriptContent } from '../ast/nodes.js'
import type { ProjectFacts } from '../rules/facts.js'
import { allRules } from '../rules/index.js'
import type { Rule } from '../rules/rule.js'
import { runRules } from '../rules/run.js'
import type { CheckSettings } from '../rules/settings.js'
import { ScriptDocument } from './script-document.js'

/** What is known of the project that a document is in. */
export interface DocumentFacts {
  readonly facts: ProjectFacts
  readonly settings: CheckSettings
  /** Names of build-time variables. */
  readonly variables: readonly string[]
  /** The script is included by others, or includes others: labels and settings may be in another file. */
  readonly isPart?: boolean
}

const lineRules = allRules.filter(({ judges }) => judges === 'line')
const lineRuleIds: ReadonlySet<string> = new Set(lineRules.map(({ id }) => id))

/** What a part of a script may lack because another part has it. */
const ofWholeScripts: ReadonlySet<string> = new Set([
  ...['missing-magic', 'missing-label', 'unset-setting', 'unused-label', 'unused-item', 'unused-setting'],
  ...['item-without-label', 'computed-goto', 'used-before-set', 'unreachable-code', 'unused-directive'],
  ...['choose-without-menu', 'default-names-no-item'],
])

export class OpenDocument {
  readonly script: ScriptDocument
  #facts: DocumentFacts
  /** Contents of lines without a report, for these facts. */
  #clean = new WeakSet<object>()
  #found: readonly { diagnostic: Diagnostic; line: ScriptContent | undefined; start: number }[] = []

  constructor(document: TextDocument, facts: DocumentFacts) {
    this.script = new ScriptDocument(document)
    this.#facts = facts
  }

  get facts(): DocumentFacts {
    return this.#facts
  }

  set facts(facts: DocumentFacts) {
    this.#facts = facts
    this.#clean = new WeakSet()
  }

  /** What was found the last time. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#found.map(({ diagnostic }) => diagnostic)
  }

  /** All rules. */
  check(): void {
    this.#keep(this.#run(allRules))
  }

  /**
   * After a keystroke: lines that are new, or that something was reported of, are judged; reports about the script as a
   * whole stay with their lines until {@link check}.
   */
  checkLines(): void {
    const lines = new Set<ScriptContent>(this.script.script.children)
    const kept = this.#found.flatMap(({ diagnostic, line, start }) => {
      if (lineRuleIds.has(diagnostic.ruleId) || !line || !lines.has(line)) return []
      return [moved(diagnostic, line.position!.start.offset! - start)]
    })
    this.#keep([...this.#run(lineRules), ...kept])
  }

  #run(rules: readonly Rule[]): Diagnostic[] {
    const { facts, settings, isPart } = this.#facts
    const found = runRules(this.script.script, {
      path: this.script.uri,
      facts,
      settings,
      rules,
      known: this.script.known,
      clean: {
        has: (content) => this.#clean.has(content),
        add: (content) => this.#clean.add(content),
      },
    })
    return isPart === true ? found.filter(({ ruleId }) => !ofWholeScripts.has(ruleId)) : found
  }

  #keep(diagnostics: readonly Diagnostic[]): void {
    this.#found = sortDiagnostics(diagnostics).map((diagnostic) => {
      const line = this.script.lineAt(diagnostic.place?.start.offset ?? 0)
      return { diagnostic, line, start: line?.position?.start.offset ?? 0 }
    })
  }
}

/** The same, so many bytes further on. */
function moved(diagnostic: Diagnostic, by: number): Diagnostic {
  const { place, fix } = diagnostic
  if (by === 0 || !place) return diagnostic
  const copy = diagnostic.withSeverity(diagnostic.severity)
  const at = (point: typeof place.start): typeof place.start => ({
    ...point,
    offset: (point.offset ?? 0) + by,
  })
  copy.place = { start: at(place.start), end: at(place.end) }
  if (fix) copy.fix = movedFix(fix, by)
  return copy
}

function movedFix({ description, edits }: Fix, by: number): Fix {
  return {
    description,
    edits: edits.map(({ start, end, text }) => ({ start: start + by, end: end + by, text })),
  }
}
