/** Runs rules over one script. */
import { type Analysis, analyse, type KnownCommands } from '../analysis/analyse.js'
import type { ValuesAtStart } from '../analysis/flow-values.js'
import { placeOf } from '../analysis/places.js'
import type { InvalidLine, Label, Line, Reference, Script, ScriptContent, WordContent } from '../ast/nodes.js'
import { walk } from '../ast/walk.js'
import { Diagnostic, type Fix } from '../diagnostics/diagnostic.js'
import { Disabled, type Suppression } from './disabled.js'
import { looseFacts, type ProjectFacts } from './facts.js'
import { allRules } from './index.js'
import { isBinary } from './magic.js'
import { missingMagic } from './missing-magic.js'
import { pageStart, reportTemplate, templateText } from './template-text.js'
import { unusedDirective } from './unused-directive.js'
import type { Problem, Rule, RuleContext, SpanEdit, Visitor } from './rule.js'
import { type ActiveRule, activeRules, type CheckSettings, defaultSettings } from './settings.js'

export interface RunOptions {
  /** Of the script, as people know it; lines with an `origin` have their own. */
  path: string
  /** Default: a loose script that nothing is known about. */
  facts?: ProjectFacts
  /** Default: all. */
  rules?: readonly Rule[]
  /** Which of them run, and how severe they are. Default: those that are not opt-in. */
  settings?: CheckSettings
  /** Of the script, when that was worked out before. */
  analysis?: Analysis
  /** Commands of scripts that share lines with this one; new ones are added. */
  known?: KnownCommands
  /**
   * All other lines of this script are in scripts that were checked with the same facts: rules that judge lines look at
   * these only.
   */
  only?: ReadonlySet<Line | InvalidLine>
  /** With `only`: what lines do to each other was judged in another script that does the same. */
  linesAlone?: boolean
  /** What lines of scripts that were checked with the same facts have in common; what is clean here is added. */
  clean?: CleanLines
  /** What other scripts may have set before this one. Default: nobody knows. */
  valuesAtStart?: ValuesAtStart
  /** Gets the places of directives that silenced something: {@link directivePlace}. */
  usedDirectives?: Set<string>
}

/** Where a directive stands: a file that several scripts include has the same directives in each. */
export function directivePlace(file: string, offset: number | undefined): string {
  return `${offset ?? ''} ${file}`
}

/** Without the reports of unused directives that another script of the run has use for. */
export function withoutUsed(diagnostics: readonly Diagnostic[], used: ReadonlySet<string>): Diagnostic[] {
  return diagnostics.filter(
    ({ ruleId, file, place }) =>
      ruleId !== unusedDirective.id || !used.has(directivePlace(file, place?.start.offset)),
  )
}

/**
 * Contents of lines of which rules that judge lines have nothing to say. They must not change any more; the rules, facts
 * and settings are the same each time.
 */
export interface CleanLines {
  has(content: Line['children']): boolean
  add(content: Line['children']): void
}

/**
 * The diagnostics of one composed script, rule by rule: see `sortDiagnostics`. Never throws: of a rule that does there is an
 * {@link internalFailureId}. Binary data gets only the one diagnostic that says so.
 */
export function runRules(script: Script, options: RunOptions): Diagnostic[] {
  const { path, facts = looseFacts, only, linesAlone, known, clean } = options
  const { rules = allRules, settings = defaultSettings } = options
  const pathOf = (line: Line | InvalidLine): string => line.origin?.path ?? path
  // rules that judge lines take nothing else from it
  const analysed = only && linesAlone === true ? { ...script, children: [...only] } : script
  const analysis = options.analysis ?? analyse(analysed, known, options.valuesAtStart)
  const disabled = new Disabled(script, pathOf, path)
  const found: Diagnostic[] = []
  /** Lines that something was said of, heard or not. */
  const reported = new Set<Line | InvalidLine | undefined>()
  /** Of rules that run and know enough to report. */
  const unused = (): Suppression[] => {
    const judging = new Set(
      wanted.filter(({ rule }) => rule.applies?.(facts) !== false).map(({ rule }) => rule.id),
    )
    return disabled.suppressions.filter(
      ({ used, rule, directive }) =>
        !used && (directive.scope === 'end' || (judging.has(rule) && rule !== unusedDirective.id)),
    )
  }
  const contextOf = ({ rule, severity, options: values }: ActiveRule): RuleContext => ({
    analysis,
    facts,
    options: values,
    pathOf,
    fix,
    suppressions: unused,
    report(problem) {
      reported.add(problem.line)
      if (disabled.has(rule.id, problem.line)) return false
      const file = problem.line ? pathOf(problem.line) : path
      found.push(toDiagnostic(problem, { rule, severity }, file))
      return true
    },
  })
  const isText = !isBinary(script)
  const active = activeRules(rules, settings)
  const wanted = isText ? active : active.filter(({ rule }) => rule === missingMagic)
  const visitorsOf = (rulesNow: readonly ActiveRule[]): Guarded[] =>
    rulesNow.map((running) => {
      const fail = (error: unknown): void => {
        found.push(internalFailure(running.rule, path, error))
      }
      try {
        return { visitor: running.rule.create(contextOf(running)), fail, isBroken: false }
      } catch (error) {
        fail(error)
        return { visitor: {}, fail, isBroken: true }
      }
    })
  const { children } = script
  if (!only && !clean) dispatch(children, analysis, visitorsOf(wanted))
  else {
    const own: ScriptContent[] = []
    for (const line of children) {
      const isKnown = (only && !only.has(line)) || (line.type === 'line' && clean?.has(line.children))
      if (isKnown !== true) own.push(line)
    }
    if (own.length > 0)
      dispatch(own, analysis, visitorsOf(wanted.filter(({ rule }) => rule.judges === 'line')))
    if (clean && rules === allRules && isText) {
      for (const line of own) if (line.type === 'line' && !reported.has(line)) clean.add(line.children)
    }
    if (linesAlone !== true)
      dispatch(children, analysis, visitorsOf(wanted.filter(({ rule }) => rule.judges === 'script')))
  }
  if (found.length > 0 && isText && !only) {
    const template = active.find(({ rule }) => rule === templateText)
    const before = found.length
    if (template && reportTemplate(contextOf(template), script)) {
      const own = found.slice(before)
      return [...found.filter(({ ruleId }) => ruleId === internalFailureId), ...own]
    }
    dropPage(found, script, path)
  }
  for (const { used, line, comment, text, directive } of options.usedDirectives
    ? disabled.suppressions
    : []) {
    if (!used) continue
    const start = (comment.span?.[0] ?? 0) + 1 + (text ?? directive).start
    const { offset } = placeOf(line, [start, start])?.start ?? {}
    options.usedDirectives?.add(directivePlace(pathOf(line), offset))
  }
  return found
}

/** Takes away what was said of a web page below the script. */
function dropPage(found: Diagnostic[], script: Script, path: string): void {
  const page = pageStart(script)
  if (page === undefined) return
  const kept = found.filter(
    ({ file, place, ruleId }) =>
      ruleId === internalFailureId || file !== path || (place?.start.offset ?? 0) < page,
  )
  found.splice(0, found.length, ...kept)
}

/** The id of what is said when a rule throws: a mistake of ours, and the other rules go on. */
export const internalFailureId = 'internal-failure'

function internalFailure({ id }: Rule, file: string, error: unknown): Diagnostic {
  return new Diagnostic({
    ruleId: internalFailureId,
    severity: 'error',
    file,
    reason: `The rule \`${id}\` failed on this file: ${error instanceof Error ? error.message : String(error)}`,
    note: 'This is a bug in ipxetool; please report it with the file. What the other rules found is complete.',
  })
}

/** A visitor that is not called again once it has thrown. */
interface Guarded {
  readonly visitor: Visitor
  readonly fail: (error: unknown) => void
  isBroken: boolean
}

/** Of one kind of node: called for each, thousands of times, so without a closure or a list of arguments. */
interface Handler {
  readonly handle: (node: unknown, line: unknown) => void
  readonly of: Guarded
}

function callAll(handlers: readonly Handler[], node?: unknown, line?: unknown): void {
  let index = 0
  const { length } = handlers
  // once for all of them; what throws is stepped over
  while (index < length) {
    try {
      for (; index < length; index++) {
        const { handle, of } = handlers[index]!
        if (!of.isBroken) handle.call(of.visitor, node, line)
      }
    } catch (error) {
      const { of } = handlers[index++]!
      of.isBroken = true
      of.fail(error)
    }
  }
}

/** One walk of the lines for all visitors. */
function dispatch(lines: readonly ScriptContent[], analysis: Analysis, visitors: readonly Guarded[]): void {
  const handlers: Record<keyof Visitor, Handler[]> = {
    command: [],
    label: [],
    word: [],
    reference: [],
    variable: [],
    comment: [],
    ignored: [],
    line: [],
    invalid: [],
    end: [],
  }
  for (const of of visitors) {
    for (const [kind, handle] of Object.entries(of.visitor) as [keyof Visitor, Handler['handle']][]) {
      handlers[kind].push({ handle, of })
    }
  }
  const hasParts = handlers.reference.length > 0 || handlers.variable.length > 0
  const hasWords = handlers.word.length > 0 || hasParts
  /** References and variables of a word or label; `walk`, because they may be nested without end. */
  const visitParts = (node: Label | WordContent, line: Line): void => {
    if (node.type === 'reference' && isPlain(node)) {
      callAll(handlers.reference, node, line)
      return
    }
    walk(node, (part) => {
      if (part.type === 'reference') callAll(handlers.reference, part, line)
      else if (part.type === 'variable') callAll(handlers.variable, part, line)
      return undefined
    })
  }

  for (const line of lines) {
    if (line.type === 'invalid') {
      callAll(handlers.invalid, line)
      continue
    }
    callAll(handlers.line, line)
    for (const child of line.children) {
      if (child.type === 'label') {
        callAll(handlers.label, child, line)
        visitParts(child, line)
      } else if (child.type === 'comment') callAll(handlers.comment, child, line)
      else if (child.type === 'ignored') callAll(handlers.ignored, child, line)
      else if (child.type === 'command') {
        for (let parsed = analysis.commandOf.get(child); parsed; parsed = parsed.inner) {
          callAll(handlers.command, parsed)
        }
        if (!hasWords) continue
        for (const word of child.children) {
          if (word.type !== 'word') continue
          callAll(handlers.word, word, line)
          if (!hasParts) continue
          for (const part of word.children) if (part.type !== 'text') visitParts(part, line)
        }
      }
    }
  }
  callAll(handlers.end)
}

/** Nothing in it but text. */
function isPlain({ children }: Reference): boolean {
  for (const part of children) {
    if (part.children.length > 1) return false
    const [only] = part.children
    if (only && only.type !== 'text') return false
  }
  return true
}

function toDiagnostic(
  problem: Problem,
  { rule, severity }: Pick<ActiveRule, 'rule' | 'severity'>,
  file: string,
): Diagnostic {
  const { line, at } = problem
  const span = at && ('span' in at ? at.span : 'length' in at ? at : undefined)
  const place = line ? placeOf(line, span) : { start: scriptStart, end: scriptStart }
  return new Diagnostic({
    ruleId: rule.id,
    severity: severity ?? problem.severity ?? rule.severity,
    file,
    reason: problem.reason,
    note: problem.note,
    ...(place ? { place } : {}),
    ...(problem.expected ? { expected: problem.expected } : {}),
    ...(problem.fix ? { fix: problem.fix } : {}),
  })
}

const scriptStart = { line: 1, column: 1, offset: 0 }

function fix(line: Line | InvalidLine, description: string, edits: readonly SpanEdit[]): Fix | undefined {
  const base = line.position?.start.offset
  // a line that was made from something else points to that as a whole
  if (base === undefined || line.position!.end.offset === base) return undefined
  const absolute: Fix['edits'] = []
  for (const { span, text } of edits) {
    if (!span) return undefined
    absolute.push({ start: base + span[0], end: base + span[1], text })
  }
  return { description, edits: absolute }
}
