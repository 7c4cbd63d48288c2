/**
 * The commonest logical lines, those without a continuation and without a NUL, straight to nodes. The grammar
 * (`grammar/ipxe.peggy`) is what is true of all lines; this gives the same nodes in a fraction of the time, which
 * `test/syntax/plain-line.test.ts` holds it to.
 */
import type { Command, LineContent, Operator, Span } from '../ast/nodes.js'
import { parseText, parseWord } from './references.js'

const HASH = 35
const DOLLAR = 36
const COLON = 58
const SPACE = 32
const TAB = 9
const CR = 13

/**
 * @param text of the line, without LF and NUL
 * @param ending the bytes after it
 */
export function plainContent(text: string, ending: string): LineContent[] {
  const children: LineContent[] = []
  const { length } = text
  let command: Command | undefined
  /** Where the blank before the next token starts: a part of the command only if a word follows. */
  let blankFrom = -1
  let isFirst = true
  let at = 0
  while (at < length) {
    const from = at
    let code = text.charCodeAt(at)
    if (isBlank(code)) {
      do at++
      while (at < length && isBlank(text.charCodeAt(at)))
      blankFrom = from
      continue
    }
    let hasDollar = false
    if (code === HASH) at = length
    else {
      do {
        if (code === DOLLAR) hasDollar = true
        code = ++at < length ? text.charCodeAt(at) : SPACE
      } while (!isBlank(code))
    }
    const blank = blankFrom < 0 ? undefined : blankNode(text, blankFrom, from)
    blankFrom = -1
    const span: Span = [from, at]
    const first = text.charCodeAt(from)
    const isLabel = isFirst && first === COLON
    isFirst = false
    if (first === HASH) {
      if (blank) children.push(blank)
      command = undefined
      children.push({ type: 'comment', value: text.slice(from + 1), span })
    } else if (isLabel) {
      if (blank) children.push(blank)
      const name = at > from + 1 ? parseText(text, from + 1, at, plainSpan) : []
      children.push({ type: 'label', children: name, span })
    } else if (isOperator(text, from, at)) {
      if (blank) children.push(blank)
      command = undefined
      children.push({ type: 'operator', value: text.slice(from, at) as Operator['value'], span })
    } else {
      const content = hasDollar
        ? parseWord(text, from, at, plainSpan)
        : [{ type: 'text' as const, value: text.slice(from, at), span: [from, at] as const }]
      if (command) {
        if (blank) command.children.push(blank)
        command.span = [command.span![0], at]
      } else {
        if (blank) children.push(blank)
        command = { type: 'command', children: [], span: [from, at] }
        children.push(command)
      }
      command.children.push({ type: 'word', children: content, span })
    }
  }
  if (blankFrom >= 0) children.push(blankNode(text, blankFrom, length))
  children.push({ type: 'lineEnding', value: ending, span: [length, length + ending.length] })
  return children
}

const plainSpan = (start: number, end: number): Span => [start, end]

function blankNode(text: string, from: number, to: number): LineContent & { type: 'blank' } {
  return { type: 'blank', value: text.slice(from, to), span: [from, to] }
}

/** `core/ctype.c` isspace; LF cannot be in a line. */
function isBlank(code: number): boolean {
  return code === SPACE || (code <= CR && code >= TAB)
}

function isOperator(text: string, from: number, to: number): boolean {
  if (to - from === 1) return text[from] === ';'
  if (to - from !== 2) return false
  const code = text.charCodeAt(from)
  return (code === 124 || code === 38) && text.charCodeAt(from + 1) === code
}
