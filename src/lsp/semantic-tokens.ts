import type { SemanticTokens } from 'vscode-languageserver'
import type { Line, Span, Word } from '../ast/nodes.js'
import { walk } from '../ast/walk.js'
import type { ScriptDocument } from './script-document.js'

/** Of the LSP; the order is what the numbers below stand for. */
export const tokenTypes = [
  'function',
  'parameter',
  'label',
  'variable',
  'comment',
  'operator',
  'macro',
  'keyword',
] as const
type TokenType = (typeof tokenTypes)[number]

/** All tokens of a script, coded as the LSP wants them: line and column relative to the token before. */
export function semanticTokens(document: ScriptDocument): SemanticTokens {
  const data: number[] = []
  let lastLine = 0
  let lastCharacter = 0
  for (const line of document.script.children) {
    if (line.type !== 'line') continue
    for (const [type, span] of tokensOf(line, document)) {
      const { start, end } = document.rangeOf(line, span)
      // a token has to lie on one line of the editor
      if (start.line !== end.line || end.character === start.character) continue
      const character = start.line === lastLine ? start.character - lastCharacter : start.character
      data.push(
        start.line - lastLine,
        character,
        end.character - start.character,
        tokenTypes.indexOf(type),
        0,
      )
      lastLine = start.line
      lastCharacter = start.character
    }
  }
  return { data }
}

/** In order, none inside another. */
function tokensOf(line: Line, { analysis }: ScriptDocument): [TokenType, Span][] {
  const tokens: [TokenType, Span][] = []
  const add = (type: TokenType, span: Span | undefined): void => {
    if (span) tokens.push([type, span])
  }
  for (const child of line.children) {
    if (child.type === 'label') add('label', child.span)
    else if (child.type === 'operator') add('operator', child.span)
    else if (child.type === 'comment')
      add(/^#*\s*ipxetool\s/.test(child.value) ? 'keyword' : 'comment', child.span)
    else if (child.type === 'command') {
      const parsed = analysis.commandOf.get(child)
      const options = new Set<Word>(parsed?.options.map(({ word }) => word))
      for (const word of child.children) {
        if (word.type !== 'word') continue
        if (word === parsed?.nameWord && parsed.spec) add('function', word.span)
        else if (options.has(word)) add('parameter', word.span)
        else addReferences(word, add)
      }
    }
  }
  return tokens
}

/** The outermost. */
function addReferences(word: Word, add: (type: TokenType, span: Span | undefined) => void): void {
  walk(word, (node) => {
    if (node.type === 'reference') add('variable', node.span)
    else if (node.type === 'variable') add('macro', node.span)
    return node.type === 'reference' ? false : undefined
  })
}
