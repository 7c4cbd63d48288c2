import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver'
import { textWithHoles } from '../analysis/text.js'
import { commandNames, findCommand, settingNames } from '../data/lookup.js'
import { settingTypeNames } from '../data/types.js'
import { ruleIds } from '../rules/ids.js'
import { decodeText } from '../syntax/bytes.js'
import { describeCommand, describeOption, describeSetting } from './describe.js'
import { occurrences } from './names.js'
import type { ScriptDocument } from './script-document.js'

export interface CompletionFacts {
  /** Names of the build-time variables of the project. */
  readonly variables: readonly string[]
  /** Settings that other scripts of the project set. */
  readonly settings: Iterable<string>
}

/** What may stand at an offset in bytes, for what is before it on its line. */
export function completionsAt(
  document: ScriptDocument,
  offset: number,
  { variables, settings }: CompletionFacts,
): CompletionItem[] {
  const line = document.lineAt(offset)
  const start = line?.position?.start.offset ?? offset
  // a line that was left open has what stands in it only as a text
  const text = document.source.slice(Math.min(start, offset), offset).replace(/\\\r?\n/g, '')
  const before = text.slice(text.lastIndexOf('\n') + 1)

  const directive = /#\s*ipxetool\s+(\S*)$/.exec(before)?.[1]
  if (directive !== undefined) return directiveItems(directive)
  if (/(^|\s)#/.test(before)) return []
  if (/\$\{[^}]*:[^}]*$/.test(before)) return items(settingTypeNames, CompletionItemKind.TypeParameter)
  if (/\$\{[^}]*$/.test(before)) return settingItems(document, settings)
  if (/\$<[^>]*$/.test(before)) return items(variables, CompletionItemKind.Constant)

  const words = lastCommand(before)
  const [name = ''] = words
  if (words.length <= 1) {
    return commandNames.map((label) => {
      const documentation = describeCommand(label)
      return { label, kind: CompletionItemKind.Function, ...markdown(documentation) }
    })
  }
  const spec = findCommand(name)?.spec
  if (!spec) return []
  const current = words.at(-1)!
  if (current.startsWith('-')) {
    return spec.options.map(({ long }) => ({
      label: `--${long}`,
      kind: CompletionItemKind.Property,
      ...markdown(describeOption(spec, `--${long}`)),
    }))
  }
  if (spec.name === 'goto' || spec.name === 'item') {
    return items(new Set(labelsOf(document)), CompletionItemKind.Reference)
  }
  if (spec.name === 'choose' && words.at(-2) === '--default') {
    return items(new Set(itemsOf(document)), CompletionItemKind.EnumMember)
  }
  const kind = spec.positional[0]?.kind
  const isFirst = words.slice(1, -1).every((word) => word.startsWith('-'))
  if (isFirst && (kind === 'setting-autovivify' || kind === 'setting-existing')) {
    return settingItems(document, settings)
  }
  return []
}

/** Words after the last operator or label; the last one is what is being typed. */
function lastCommand(text: string): string[] {
  const words = text
    .replace(/^\s*:\S*\s/, '')
    .replace(/^\s+/, '')
    .split(/\s+/)
  const operator = words.findLastIndex((word) => word === '&&' || word === '||' || word === ';')
  return words.slice(operator + 1)
}

function directiveItems(typed: string): CompletionItem[] {
  const rule = /^(disable(?:-start|-end)?=)/.exec(typed)
  if (rule) return items([...ruleIds].sort(), CompletionItemKind.EnumMember)
  const directives = ['include', 'disable=', 'disable-start=', 'disable-end']
  return items(directives, CompletionItemKind.Keyword)
}

function settingItems(document: ScriptDocument, others: Iterable<string>): CompletionItem[] {
  const own = new Set([...document.analysis.settings.names, ...others].map(decodeText))
  return [
    ...items(own, CompletionItemKind.Variable),
    ...settingNames
      .filter((label) => !own.has(label))
      .map((label) => ({ label, kind: CompletionItemKind.Field, ...markdown(describeSetting(label)) })),
  ]
}

function labelsOf(document: ScriptDocument): string[] {
  return occurrences(document)
    .filter(({ kind, isDefinition }) => kind === 'label' && isDefinition)
    .map(({ name }) => decodeText(name))
}

function itemsOf({ analysis }: ScriptDocument): string[] {
  return analysis.commands.flatMap(({ spec, positionals: [first] }) =>
    spec?.name === 'item' && first ? [decodeText(textWithHoles(first.word))] : [],
  )
}

function items(labels: Iterable<string>, kind: CompletionItemKind): CompletionItem[] {
  return [...labels].map((label) => ({ label, kind }))
}

function markdown(value: string | undefined): Pick<CompletionItem, 'documentation'> {
  return value === undefined ? {} : { documentation: { kind: 'markdown', value } }
}
