/** Words in the making: what a word becomes when variables in it have their values. */
import type { Break, Label, Variable, Word, WordContent } from '../ast/nodes.js'
import { parseWord } from '../syntax/references.js'
import { printJoined } from '../syntax/stringify.js'
import type { Value } from './variables.js'

/** A variable in the script and what it stands for. */
export interface Use {
  variable: Variable
  value: Value
}

/** One word in the making. */
export interface Piece {
  parts: { node: WordContent; use?: Use }[]
  uses: Use[]
  breaks: Break[]
  /** Characters so far, without breaks. */
  length: number
  startsWithVariable: boolean
}

export function startPiece(): Piece {
  return { parts: [], uses: [], breaks: [], length: 0, startsWithVariable: false }
}

export function addNode(piece: Piece, node: WordContent): void {
  piece.parts.push({ node })
  piece.length += printJoined(node).length
}

/** @param text a byte string; what reads as `${…}` in it becomes references */
export function addText(piece: Piece, text: string, use: Use): void {
  if (piece.uses[piece.uses.length - 1] !== use) piece.uses.push(use)
  if (text === '') return
  const { span } = use.variable
  const nodes: WordContent[] = text.includes('${')
    ? parseWord(text, 0, text.length, () => span ?? [0, 0])
    : [{ type: 'text', value: text }]
  for (const node of nodes) piece.parts.push({ node: span ? { ...node, span } : node, use })
  piece.length += text.length
}

export function toWord(piece: Piece, word: Word): Word {
  const made: Word = { ...spanOf(word), type: 'word', children: piece.parts.map(({ node }) => node) }
  setBreaks(made, piece)
  return made
}

export function spanOf(node: Word): Pick<Word, 'span'> {
  return node.span ? { span: node.span } : {}
}

export function setBreaks(node: Word | Label, piece: Piece): void {
  if (piece.breaks.length > 0) node.breaks = piece.breaks
  else delete node.breaks
}

/** Moves the continuations inside a token along; one inside a variable goes before its value. */
export class BreakCursor {
  readonly #breaks: readonly Break[]
  readonly #lengths = new Map<WordContent, number>()
  #next = 0
  #at: number

  constructor(breaks: readonly Break[] | undefined, start: number) {
    this.#breaks = breaks ?? []
    this.#at = start
  }

  /** Notes the lengths of nodes before anything inside them changes. */
  measure(nodes: readonly WordContent[]): void {
    if (this.#breaks.length === 0) return
    for (const node of nodes) this.#lengths.set(node, printJoined(node).length)
  }

  before(node: WordContent, piece: Piece): void {
    if (this.#next >= this.#breaks.length) return
    const now = printJoined(node).length
    const length = this.#lengths.get(node) ?? now
    const isSame = node.type !== 'variable' && length === now
    const end = this.#at + length
    for (let item = this.#breaks[this.#next]; item && item.at < end; item = this.#breaks[++this.#next]) {
      piece.breaks.push({ ...item, at: piece.length + (isSame ? Math.max(0, item.at - this.#at) : 0) })
    }
    this.#at = end
  }

  rest(piece: Piece): void {
    for (; this.#next < this.#breaks.length; this.#next++) {
      piece.breaks.push({ ...this.#breaks[this.#next]!, at: piece.length })
    }
  }
}
