/** The language server: what an editor asks, answered from the tree, the tables and the rules. The connection is given. */
import {
  type CodeAction,
  CodeActionKind,
  type CompletionItem,
  type Connection,
  DiagnosticSeverity,
  type Diagnostic as EditorDiagnostic,
  type DocumentSymbol,
  type Hover,
  type InitializeResult,
  type Location,
  type Position,
  type Range,
  type SemanticTokens,
  SymbolKind,
  TextDocuments,
  TextDocumentSyncKind,
  type TextEdit,
  type WorkspaceEdit,
  ResponseError,
  ErrorCodes,
} from 'vscode-languageserver'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { Diagnostic, Severity } from '../diagnostics/diagnostic.js'
import { looseFacts } from '../rules/facts.js'
import { defaultSettings } from '../rules/settings.js'
import { bytesToText, decodeText, encodeText } from '../syntax/bytes.js'
import { formatScript } from '../syntax/format.js'
import { completionsAt } from './completion.js'
import { hoverAt } from './hover.js'
import { absolute, type Occurrence, occurrenceAt, occurrences, same } from './names.js'
import { type DocumentFacts, OpenDocument } from './open-document.js'
import type { ScriptDocument } from './script-document.js'
import { semanticTokens, tokenTypes } from './semantic-tokens.js'

export interface LanguageHost {
  readonly version: string
  /** By the URI of a document; never rejects. */
  factsOf(uri: string): Promise<DocumentFacts>
  /** A file was saved: what was read before may be old. */
  forget(): void
}

export const looseDocument: DocumentFacts = { facts: looseFacts, settings: defaultSettings, variables: [] }

/** An open document, and the check of all of it that waits until nobody types. */
interface Open {
  readonly document: OpenDocument
  timer?: ReturnType<typeof setTimeout>
}

/** So long after the last keystroke the rules that judge whole scripts run. Milliseconds. */
const quiet = 120

/** Answers until the connection ends. */
export function serveLanguage(connection: Connection, host: LanguageHost): void {
  const documents = new TextDocuments(TextDocument)
  const open = new Map<string, Open>()

  connection.onInitialize((): InitializeResult => ({
    serverInfo: { name: 'ipxetool', version: host.version },
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      hoverProvider: true,
      completionProvider: { triggerCharacters: ['$', '{', '<', '/', ':', '-', ' ', '='] },
      definitionProvider: true,
      referencesProvider: true,
      renameProvider: { prepareProvider: true },
      documentSymbolProvider: true,
      documentFormattingProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
      semanticTokensProvider: { legend: { tokenTypes: [...tokenTypes], tokenModifiers: [] }, full: true },
    },
  }))

  const publish = (uri: string, { script, diagnostics }: OpenDocument): void => {
    void connection.sendDiagnostics({ uri, diagnostics: diagnostics.map((one) => toEditor(one, script)) })
  }
  const checkAll = (uri: string): void => {
    const one = open.get(uri)
    if (!one) return
    clearTimeout(one.timer)
    one.document.check()
    publish(uri, one.document)
  }
  const learn = async (uri: string): Promise<void> => {
    const facts = await host.factsOf(uri)
    const one = open.get(uri)
    if (!one) return
    one.document.facts = facts
    checkAll(uri)
  }

  documents.onDidOpen(({ document }) => {
    open.set(document.uri, { document: new OpenDocument(document, looseDocument) })
    void learn(document.uri)
  })
  documents.onDidChangeContent(({ document }) => {
    const one = open.get(document.uri)
    // opening is told as a change, too
    if (!one?.document.script.update(document)) return
    one.document.checkLines()
    publish(document.uri, one.document)
    clearTimeout(one.timer)
    one.timer = setTimeout(checkAll, quiet, document.uri)
  })
  documents.onDidSave(() => {
    host.forget()
    for (const uri of open.keys()) void learn(uri)
  })
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(open.get(uri)?.timer)
    open.delete(uri)
    void connection.sendDiagnostics({ uri, diagnostics: [] })
  })

  /** The document, and the byte that a position stands for. */
  const at = (uri: string, position: Position): { one: OpenDocument; offset: number } | undefined => {
    const one = open.get(uri)?.document
    return one && { one, offset: one.script.offset(position) }
  }

  connection.onHover(({ textDocument: { uri }, position }): Hover | undefined => {
    const found = at(uri, position)
    return found && hoverAt(found.one.script, found.offset)
  })
  connection.onCompletion(({ textDocument: { uri }, position }): CompletionItem[] => {
    const found = at(uri, position)
    if (!found) return []
    const { script, facts } = found.one
    const settings = facts.facts.settingsSetAnywhere
    return completionsAt(script, found.offset, { variables: facts.variables, settings })
  })
  connection.onDefinition(({ textDocument: { uri }, position }): Location[] => {
    const found = named(at(uri, position))
    return found
      ? locations(
          uri,
          found.one,
          found.all.filter(({ isDefinition }) => isDefinition),
        )
      : []
  })
  connection.onReferences(({ textDocument: { uri }, position, context }): Location[] => {
    const found = named(at(uri, position))
    const isWanted = ({ isDefinition }: Occurrence): boolean => context.includeDeclaration || !isDefinition
    return found ? locations(uri, found.one, found.all.filter(isWanted)) : []
  })
  connection.onPrepareRename(({ textDocument: { uri }, position }): Range | undefined => {
    const found = named(at(uri, position))
    return found && canRename(found.occurrence) ? rangeOf(found.one, found.occurrence) : undefined
  })
  connection.onRenameRequest(({ textDocument: { uri }, position, newName }): WorkspaceEdit | undefined => {
    const found = named(at(uri, position))
    if (!found || !canRename(found.occurrence)) return undefined
    const problem = nameProblem(found.occurrence, newName)
    if (problem !== undefined) throw new ResponseError(ErrorCodes.InvalidParams, problem)
    const edits = found.all.map((one): TextEdit => ({ range: rangeOf(found.one, one), newText: newName }))
    return { changes: { [uri]: edits } }
  })
  connection.onDocumentSymbol(({ textDocument: { uri } }): DocumentSymbol[] => {
    const one = open.get(uri)?.document
    return one ? symbols(one.script) : []
  })
  connection.onDocumentFormatting(({ textDocument: { uri } }): TextEdit[] => {
    const one = open.get(uri)?.document
    if (!one) return []
    const text = decodeText(bytesToText(formatScript(one.script.script)))
    const { source } = one.script
    return encodeText(text) === source ? [] : [{ range: one.script.range(0, source.length), newText: text }]
  })
  connection.onCodeAction(({ textDocument: { uri }, range }): CodeAction[] => {
    const one = open.get(uri)?.document
    return one ? actions(uri, one, range) : []
  })
  connection.languages.semanticTokens.on(({ textDocument: { uri } }): SemanticTokens => {
    const one = open.get(uri)?.document
    return one ? semanticTokens(one.script) : { data: [] }
  })

  documents.listen(connection)
  connection.listen()
}

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
}

function toEditor(
  { severity, ruleId, reason, note, place }: Diagnostic,
  script: ScriptDocument,
): EditorDiagnostic {
  const range = script.range(place?.start.offset ?? 0, place?.end.offset ?? 0)
  const message = note === undefined ? reason : `${reason}\n${note}`
  return { range, severity: severities[severity], code: ruleId, source: 'ipxetool', message }
}

interface Named {
  one: OpenDocument
  occurrence: Occurrence
  /** All of the same name, this one among them. */
  all: Occurrence[]
}

function named(found: { one: OpenDocument; offset: number } | undefined): Named | undefined {
  if (!found) return undefined
  const all = occurrences(found.one.script)
  const occurrence = occurrenceAt(all, found.offset)
  return occurrence && { one: found.one, occurrence, all: same(all, occurrence) }
}

function rangeOf({ script }: OpenDocument, { line, span }: Occurrence): Range {
  return script.range(...absolute(line, span))
}

function locations(uri: string, one: OpenDocument, found: readonly Occurrence[]): Location[] {
  return found.map((occurrence) => ({ uri, range: rangeOf(one, occurrence) }))
}

/** A variable is declared in another file. */
function canRename({ kind }: Occurrence): boolean {
  return kind !== 'variable'
}

function nameProblem({ kind }: Occurrence, name: string): string | undefined {
  if (kind === 'label')
    return /^[^\s${}]+$/.test(name) ? undefined : 'A label has no blanks, and no ${…} in it.'
  return /^[\w.-]+$/.test(name)
    ? undefined
    : 'The name of a setting has letters, digits, `-`, `_` and `.` only.'
}

function symbols(script: ScriptDocument): DocumentSymbol[] {
  const { all } = script.analysis.labels
  return all.flatMap(({ name, node, line }, index): DocumentSymbol[] => {
    if (!node.span) return []
    const [start] = absolute(line, node.span)
    const next = all[index + 1]?.line.position?.start.offset ?? script.source.length
    return [
      {
        name: name === '' ? ':' : decodeText(name),
        kind: SymbolKind.Function,
        range: script.range(start, Math.max(next, start)),
        selectionRange: script.rangeOf(line, node.span),
      },
    ]
  })
}

/** Repairs of what is reported in a range, and a directive that silences it. */
function actions(uri: string, { script, diagnostics }: OpenDocument, range: Range): CodeAction[] {
  const from = script.offset(range.start)
  const to = script.offset(range.end)
  return diagnostics.flatMap((diagnostic): CodeAction[] => {
    const { place, fix, ruleId } = diagnostic
    const start = place?.start.offset ?? 0
    if (start > to || (place?.end.offset ?? 0) < from) return []
    const found = { kind: CodeActionKind.QuickFix, diagnostics: [toEditor(diagnostic, script)] }
    const repairs = fix
      ? [
          {
            ...found,
            title: fix.description,
            isPreferred: true,
            edit: {
              changes: {
                [uri]: fix.edits.map((edit) => ({
                  range: script.range(edit.start, edit.end),
                  newText: decodeText(edit.text),
                })),
              },
            },
          },
        ]
      : []
    const line = script.lineAt(start)?.position
    if (!line || line.start.line === 1 || ruleId === 'missing-magic') return repairs
    const above = script.position(line.start.offset!)
    const newText = `# ipxetool disable=${ruleId}\n`
    return [
      ...repairs,
      {
        ...found,
        title: `Silence ${ruleId} here`,
        edit: { changes: { [uri]: [{ range: { start: above, end: above }, newText }] } },
      },
    ]
  })
}
