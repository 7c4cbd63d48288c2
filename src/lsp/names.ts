/** Names in a script and where they stand: labels, settings and variables, for jumping, finding and renaming. */
import type { ParsedCommand } from '../analysis/commands.js'
import { parseSettingName, settingWrites } from '../analysis/settings.js'
import { hole, spanInWord, textWithHoles } from '../analysis/text.js'
import type { InvalidLine, Line, Reference, Span, Variable } from '../ast/nodes.js'
import { nameOf, walk } from '../ast/walk.js'
import type { ScriptDocument } from './script-document.js'

export type NameKind = 'label' | 'setting' | 'variable'

export interface Occurrence {
  readonly kind: NameKind
  readonly name: string
  readonly line: Line
  /** Of the name alone, without `:` or `${`. */
  readonly span: Span
  /** A label itself, or a command that sets the setting. */
  readonly isDefinition: boolean
}

/** All names of a script, in no order. Computed ones are not among them. */
export function occurrences(document: ScriptDocument): Occurrence[] {
  const found: Occurrence[] = []
  const { analysis, script } = document
  const add = (
    kind: NameKind,
    name: string,
    line: Line,
    span: Span | undefined,
    isDefinition = false,
  ): void => {
    if (name !== '' && !name.includes(hole) && span) found.push({ kind, name, line, span, isDefinition })
  }
  for (const { name, node, line } of analysis.labels.all) {
    if (node.span) add('label', name, line, [node.span[0] + 1, node.span[1]], true)
  }
  const hasForm = analysis.commands.some(({ spec, name }) => spec?.name === 'present' || name === 'form')
  for (const command of analysis.commands) {
    addLabels(command, (name, span) => {
      add('label', name, command.line, span)
    })
    for (const { parts, span, text } of settingWrites(command, hasForm)) {
      if (!span || text.includes(hole)) continue
      const start = span[0] + parts.nameStart
      add('setting', parts.name, command.line, [start, start + parts.name.length], true)
    }
  }
  for (const line of script.children) {
    if (line.type !== 'line') continue
    for (const child of line.children) {
      if (child.type !== 'command' && child.type !== 'label') continue
      walk(child, (node) => {
        if (node.type === 'reference') add('setting', settingName(node), line, nameSpan(node))
        else if (node.type === 'variable') add('variable', node.name, line, variableSpan(node))
        return undefined
      })
    }
  }
  return found
}

function addLabels(command: ParsedCommand, add: (name: string, span: Span | undefined) => void): void {
  const { spec, positionals, options } = command
  const [first] = positionals
  const isGap = options.some(({ spec: { long } }) => long === 'gap')
  if (first && (spec?.name === 'goto' || (spec?.name === 'item' && !isGap))) add(first.text, first.word.span)
  if (spec?.name !== 'choose') return
  for (const { spec: option, value, valueSpan } of options) {
    if (option.long === 'default' && value !== undefined) add(value, valueSpan)
  }
}

function settingName(reference: Reference): string {
  return parseSettingName(textWithHoles(nameOf(reference))).name
}

function nameSpan(reference: Reference): Span | undefined {
  const node = nameOf(reference)
  return node.span && spanInWord(node, 0, textWithHoles(node).length)
}

function variableSpan({ span }: Variable): Span | undefined {
  return span && [span[0] + 2, span[1] - 1]
}

/** The name that an offset, in bytes, is in or at the end of. The innermost one. */
export function occurrenceAt(all: readonly Occurrence[], offset: number): Occurrence | undefined {
  return all
    .filter(({ line, span }) => {
      const [start, end] = absolute(line, span)
      return start <= offset && offset <= end
    })
    .sort((a, b) => a.span[1] - a.span[0] - (b.span[1] - b.span[0]))[0]
}

export function same(all: readonly Occurrence[], { kind, name }: Occurrence): Occurrence[] {
  return all.filter((other) => other.kind === kind && other.name === name)
}

export function absolute(line: Line | InvalidLine, span: Span): [start: number, end: number] {
  const base = line.position!.start.offset!
  return [base + span[0], base + span[1]]
}
