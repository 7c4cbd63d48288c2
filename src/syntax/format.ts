/**
 * The one way in which a script is written. Nothing that iPXE sees changes: commands, words, labels and their order stay
 * (docs/format.md has the style). What may not change: the first bytes (`image/script.c` `script_probe`), a continuation
 * inside a word, comments, what follows a NUL byte, and a backslash at a line's end, which would swallow the next line.
 */
import type { Command, Comment, InvalidLine, Line, LineContent, Script, Word } from '../ast/nodes.js'
import { bytesToText, decodeText, textToBytes } from './bytes.js'
import { itemName } from './item-name.js'
import { parse } from './parse.js'
import { printNode } from './stringify.js'

/**
 * @param input bytes, or a string that is taken as UTF-8
 * @returns what was given, when it is formatted already
 */
export function format(input: Uint8Array | string): Uint8Array {
  return formatScript(parse(input, { positions: false }))
}

/** As {@link format}, of a tree. */
export function formatScript(script: Script): Uint8Array {
  const { children } = script
  const rows: Row[] = []
  /** A directive above is for one line: that must not become two. */
  let isDirected = false
  for (const [index, line] of children.entries()) {
    const own = rowsOf(line, { isFirst: index === 0, isDirected })
    for (const row of own) rows.push(row)
    const isContent = own.some(({ kind }) => kind === 'label' || kind === 'other')
    isDirected = isContent
      ? false
      : isDirected || own.some(({ kind, text }) => kind === 'comment' && directive.test(text))
  }
  alignItems(rows)
  const text = withBlankLines(rows)
    .map(({ text: one }) => `${one}\n`)
    .join('')
  // `#!ipxe` alone is no script, and one more byte would make it one; an unfinished line has no end
  const isOpen = children.at(-1)?.type === 'invalid' || /^#!(ipxe|gpxe)$/.test(printNode(script))
  return textToBytes(isOpen ? text.slice(0, -1) : text)
}

/** A line of the result, which may hold continuations. */
interface Row {
  text: string
  kind: 'blank' | 'comment' | 'label' | 'other'
  /** A menu item: what stands before its text, and the text. */
  item?: { name: string; text: string }
}

const directive = /^#+[ \t]*ipxetool\b/

function rowsOf(
  line: Line | InvalidLine,
  { isFirst, isDirected }: { isFirst: boolean; isDirected: boolean },
): Row[] {
  if (line.type === 'invalid') return [{ text: line.value, kind: 'other' }]
  const { children } = line
  if (children.some(({ type }) => type === 'ignored')) {
    return [{ text: printNode(line).replace(/\n$/, ''), kind: 'other' }]
  }
  const tokens = children.filter(isToken)
  const [first] = tokens
  // blanks before `#!ipxe` are a mistake that is not ours to hide
  const indent = isFirst && first?.type === 'comment' ? leadingBlanks(line) : ''
  if (!first) return [{ text: '', kind: 'blank' }]
  const rows: Row[] = []
  let rest: readonly LineContent[] = children
  if (first.type === 'label' && !isDirected && splits(tokens)) {
    rows.push({ text: keepOpenEnd(printToken(first)), kind: 'label' })
    rest = children.slice(children.indexOf(first) + 1)
  }
  for (const part of isDirected ? [rest] : separateCommands(rest)) {
    const text = indent + printTokens(part)
    const own = part.filter(isToken)
    const item = itemOf(own)
    rows.push({ text: keepOpenEnd(text), kind: kindOf(own[0]), ...(item && { item }) })
  }
  return rows
}

type Token = Exclude<LineContent, { type: 'blank' | 'continuation' | 'lineEnding' | 'ignored' }>

function isToken(node: LineContent): node is Token {
  const { type } = node
  return type !== 'blank' && type !== 'continuation' && type !== 'lineEnding' && type !== 'ignored'
}

function kindOf(first: Token | undefined): Row['kind'] {
  return first?.type === 'comment' || first?.type === 'label' ? first.type : 'other'
}

function leadingBlanks(line: Line): string {
  const end = line.children.findIndex(({ type }) => type !== 'blank' && type !== 'continuation')
  return line.children.slice(0, end).map(printNode).join('')
}

/** A command after a label gets a line of its own, but for a directive, which is for both of them. */
function splits(tokens: readonly Token[]): boolean {
  if (tokens.length < 2 || tokens[1]!.type === 'comment' || looksLikeLabel(tokens[1]!)) return false
  return !tokens.some((token) => token.type === 'comment' && directive.test(`#${token.value}`))
}

/** At the start of a line it would be one. */
function looksLikeLabel(token: Token): boolean {
  return token.type === 'command' && printNode(token).startsWith(':')
}

/**
 * `echo` with a text never fails (`core/exec.c` `echo_exec`), so what follows it and `;` or `&&` may as well be on the next
 * line. After anything else the next line would not be reached, or would be where it was not.
 */
function separateCommands(children: readonly LineContent[]): (readonly LineContent[])[] {
  const tokens = children.filter(isToken)
  const isPlain = tokens.every(({ type }) => type === 'command' || type === 'operator')
  if (!isPlain || hasBreaks(children.slice(children.indexOf(tokens[0]!), children.indexOf(tokens.at(-1)!))))
    return [children]
  const parts: (readonly LineContent[])[] = []
  let at = 0
  for (; at + 2 < tokens.length; at += 2) {
    const [first, operator, next] = [tokens[at]!, tokens[at + 1]!, tokens[at + 2]!]
    const follows = operator.type === 'operator' && operator.value !== '||' && next.type === 'command'
    if (first.type !== 'command' || !follows || !neverFails(first) || looksLikeLabel(next)) break
    parts.push([first])
  }
  return [...parts, tokens.slice(at)]
}

function neverFails({ children }: Command): boolean {
  const [name, first] = children.filter((child): child is Word => child.type === 'word').map(printToken)
  return name === 'echo' && !/^[-$]/.test(first ?? '')
}

function hasBreaks(children: readonly LineContent[]): boolean {
  return children.some(
    (child) =>
      child.type === 'continuation' ||
      'breaks' in child ||
      (child.type === 'command' &&
        child.children.some((word) => word.type === 'continuation' || ('breaks' in word && word.breaks))),
  )
}

/** One blank between tokens; a continuation stays where it is, with what follows it indented. */
function printTokens(children: readonly LineContent[]): string {
  let text = ''
  let isBroken = false
  const add = (token: Token | Word): void => {
    text += text === '' ? '' : isBroken ? ' \\\n    ' : ' '
    text += printToken(token)
    isBroken = false
  }
  const visit = (node: LineContent | Word): void => {
    if (node.type === 'continuation') isBroken = true
    else if (node.type === 'command') node.children.forEach(visit)
    else if (node.type === 'word') add(node)
    else if (isToken(node)) add(node)
  }
  children.forEach(visit)
  return text
}

function printToken(token: Token | Word): string {
  return token.type === 'comment' ? printComment(token) : printNode(token)
}

/** Without blanks at its end, and continuations with nothing behind them. */
function printComment(comment: Comment): string {
  const text = printNode(comment)
  let end = text.length
  for (;;) {
    if (/[ \t\v\f\r]/.test(text[end - 1]!)) end--
    else if (text[end - 1] === '\n') end = text.lastIndexOf('\\', end - 1)
    else break
  }
  return text.slice(0, end)
}

/** Without the blank behind it a backslash would join the next line. */
function keepOpenEnd(text: string): string {
  return text.endsWith('\\') ? `${text} ` : text
}

function itemOf(tokens: readonly Token[]): Row['item'] {
  const [command, comment, ...others] = tokens
  if (command?.type !== 'command' || others.length > 0 || hasBreaks(tokens)) return undefined
  if (comment && comment.type !== 'comment') return undefined
  const words = command.children.filter((child): child is Word => child.type === 'word').map(printToken)
  const name = itemName(words)
  if (name === undefined || name + 1 >= words.length) return undefined
  const text = [...words.slice(name + 1), ...(comment ? [printComment(comment)] : [])]
  return { name: words.slice(0, name + 1).join(' '), text: text.join(' ') }
}

/** Beyond this the texts would be too far from their names. */
const maxAligned = 48

/** Texts of items that follow each other begin at one column. */
function alignItems(rows: readonly Row[]): void {
  for (let start = 0; start < rows.length; start++) {
    let end = start
    while (end < rows.length && isItem(rows[end]!)) end++
    const items = rows.slice(start, end).filter(({ item }) => item)
    const width = items.reduce((most, { item }) => Math.max(most, widthOf(item!.name)), 0)
    if (width <= maxAligned) {
      for (const row of items) {
        const { name, text } = row.item!
        row.text = keepOpenEnd(`${name}${' '.repeat(width - widthOf(name))}  ${text}`)
      }
    }
    start = Math.max(start, end)
  }
}

/** Gaps and comments stand between items without ending a group. */
function isItem({ item, kind, text }: Row): boolean {
  return item !== undefined || kind === 'comment' || /^item( |$)/.test(text)
}

function widthOf(text: string): number {
  return Array.from(decodeText(text)).length
}

/** One between, none at the end, and one before a label and the comments that belong to it. */
function withBlankLines(rows: readonly Row[]): Row[] {
  const blank: Row = { text: '', kind: 'blank' }
  const result: Row[] = []
  for (const row of rows) {
    const last = result.at(-1)
    if (row.kind === 'blank' && last?.kind === 'blank') continue
    if (row.kind === 'label') {
      let at = result.length
      while (at > 1 && result[at - 1]!.kind === 'comment') at--
      if (at > 0 && result[at - 1]!.kind !== 'blank') result.splice(at, 0, blank)
    }
    result.push(row)
  }
  while (result.length > 1 && result.at(-1)!.kind === 'blank') result.pop()
  return result
}

/** Whether there is nothing to do. */
export function isFormatted(bytes: Uint8Array): boolean {
  return bytesToText(format(bytes)) === bytesToText(bytes)
}
