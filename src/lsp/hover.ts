import type { Hover } from 'vscode-languageserver'
import { referenceParts, settingWrites } from '../analysis/settings.js'
import { plain } from '../rules/message.js'
import type { Line, Reference, Span } from '../ast/nodes.js'
import { nameOf, typeOf, walk } from '../ast/walk.js'
import { describeCommand, describeOption, describeSetting, describeType } from './describe.js'
import type { ScriptDocument } from './script-document.js'

/** What stands at an offset in bytes. */
export function hoverAt(document: ScriptDocument, offset: number): Hover | undefined {
  const line = document.lineAt(offset)
  if (line?.type !== 'line') return undefined
  const at = offset - line.position!.start.offset!
  const holds = (span: Span | undefined): span is Span => span !== undefined && span[0] <= at && at < span[1]
  const hover = (text: string | undefined, span: Span): Hover | undefined =>
    text === undefined
      ? undefined
      : { contents: { kind: 'markdown', value: text }, range: document.rangeOf(line, span) }

  const reference = referenceAt(line, at)
  if (reference) {
    const type = typeOf(reference)
    if (type && holds(type.span)) return hover(describeType(referenceParts(reference).type ?? ''), type.span)
    const { name } = referenceParts(reference)
    return hover(
      describeSetting(name) ?? describeOwn(document, name),
      nameOf(reference).span ?? reference.span!,
    )
  }
  for (const { nameWord, name, options, spec, line: own } of document.analysis.commands) {
    if (own !== line) continue
    if (holds(nameWord.span)) return hover(describeCommand(name), nameWord.span)
    const option = options.find(({ span }) => holds(span))
    if (option && spec) return hover(describeOption(spec, `--${option.spec.long}`), option.span)
  }
  return undefined
}

/** The innermost. */
export function referenceAt(line: Line, at: number): Reference | undefined {
  let found: Reference | undefined
  walk(line, (node) => {
    if (node.type === 'reference' && node.span && node.span[0] <= at && at < node.span[1]) found = node
    return undefined
  })
  return found
}

/** A setting of the script's own: where it gets its value. */
function describeOwn({ analysis }: ScriptDocument, name: string): string | undefined {
  const sets = analysis.commands.flatMap((command) =>
    settingWrites(command, true)
      .filter(({ parts, mentionOnly }) => parts.name === name && !mentionOnly)
      .map(() => command),
  )
  const [first] = sets
  if (!first) return undefined
  const text = [first.name, ...first.args.map((argument) => argument.text)].join(' ')
  const more = sets.length > 1 ? `, and in ${sets.length - 1} more` : ''
  return `\`\${${name}}\` is set in line ${first.line.position!.start.line}${more}:\n\n    ${plain(text)}`
}
