import type { Plugin } from 'unified'
import type { Point } from 'unist'
import type { VFile } from 'vfile'
import type {
  Blank,
  Break,
  Command,
  Continuation,
  Line,
  LineContent,
  Operator,
  Script,
  ScriptContent,
} from '../ast/nodes.js'
import { bytesToText, toBytes } from './bytes.js'
import { parse as parseTokens } from './generated/ipxe.js'
import { forEachLine, type LogicalLine } from './lines.js'
import { gapSpans, offsetMap, type OffsetMap } from './offsets.js'
import { plainContent } from './plain-line.js'
import { addPositions } from './positions.js'
import { parseText, parseWord } from './references.js'

export interface ParseOptions {
  /**
   * Give every node an absolute unist `position` (1-based line and column, columns in bytes). Without it only
   * `line` and `invalid` nodes have one and the others just their `span`. Default true.
   */
  positions?: boolean
  /** Contents of lines that were parsed before; with them only without positions. */
  known?: KnownLines
}

/**
 * Parses one script. Every input is a script; nothing throws. `stringify(parse(bytes))` equals `bytes`.
 *
 * @param input bytes, or a string that is taken as UTF-8
 */
export function parse(input: Uint8Array | string, options: ParseOptions = {}): Script {
  const source = bytesToText(toBytes(input))
  const script = placed(source, contentReader(options.known))
  if (options.positions !== false) addPositions(script, source)
  return script
}

const LF = 10

/** The tree with absolute positions on its lines. */
function placed(source: string, read: (logical: LogicalLine, source: string) => LineContent[]): Script {
  const children: ScriptContent[] = []
  let number = 1
  let last: Point = { line: 1, column: 1, offset: 0 }
  forEachLine(source, (logical) => {
    const { start, end, unfinished } = logical
    const position = { start: { line: number, column: 1, offset: start }, end: last }
    let lastStart = start
    const isOpen = source.charCodeAt(end - 1) !== LF
    if (logical.gaps.length === 0 && !unfinished) number += isOpen ? 0 : 1
    else {
      for (let lf = source.indexOf('\n', start); lf >= 0 && lf < end; lf = source.indexOf('\n', lf + 1)) {
        number++
        lastStart = lf + 1
      }
    }
    last = { line: number, column: isOpen ? end - lastStart + 1 : 1, offset: end }
    position.end = last
    children.push(
      unfinished
        ? { type: 'invalid', value: source.slice(start, end), reason: 'unfinished-continuation', position }
        : { type: 'line', children: read(logical, source), position },
    )
  })
  return { type: 'script', children, position: { start: { line: 1, column: 1, offset: 0 }, end: last } }
}

/** So many contents are remembered. */
const maxKnown = 30_000

/**
 * The contents of lines of several scripts by their text: scripts have many lines in common. A line that stands twice in
 * one script is two contents. What came from here is shared and must not change any more.
 */
export class KnownLines {
  readonly #known = new Map<string, { contents: LineContent[][]; script: number; taken: number }>()
  #script = 0
  #count = 0

  /** Call before each script. */
  begin(): void {
    this.#script++
  }

  content(text: string, parse: () => LineContent[]): LineContent[] {
    let entry = this.#known.get(text)
    if (!entry && this.#count >= maxKnown) return parse()
    if (!entry) this.#known.set(text, (entry = { contents: [], script: this.#script, taken: 0 }))
    else if (entry.script !== this.#script) {
      entry.script = this.#script
      entry.taken = 0
    }
    const before = entry.contents[entry.taken]
    if (before) {
      entry.taken++
      return before
    }
    const content = parse()
    if (this.#count >= maxKnown) return content
    this.#count++
    entry.contents[entry.taken++] = content
    return content
  }
}

function contentReader(
  known: KnownLines | undefined,
): (logical: LogicalLine, source: string) => LineContent[] {
  if (!known) return lineContent
  known.begin()
  return (logical, source) =>
    known.content(source.slice(logical.start, logical.end), () => lineContent(logical))
}

/** unified plugin: parses `file.value` as bytes, ignoring the UTF-8 decoded text that unified hands over. */
export const ipxeParse: Plugin<[ParseOptions?], string, Script> = function (options) {
  this.parser = (document: string, file: VFile) =>
    parse(file.value instanceof Uint8Array ? file.value : document, options)
}

/** Finished logical lines as nodes with spans and without a position. */
export function parseLines(logicalLines: readonly LogicalLine[]): Line[] {
  return logicalLines.map((logical) => ({ type: 'line', children: lineContent(logical) }))
}

function lineContent(logical: LogicalLine): LineContent[] {
  const { text, gaps, ending } = logical
  const nul = text.indexOf('\0')
  return gaps.length === 0 && nul < 0 ? plainContent(text, ending) : contentByGrammar(logical)
}

/** The same of any finished logical line, by the grammar. */
export function contentByGrammar({ text, gaps, ending, start, end }: LogicalLine): LineContent[] {
  const nulAt = text.indexOf('\0')
  const visible = nulAt < 0 ? text : text.slice(0, nulAt)
  const tokens = parseTokens(`${visible}\n`)[0]!
  const map = offsetMap(gaps)
  const children: LineContent[] = []
  let command: Command | undefined
  /** Blanks and continuations after a word: part of the command only if another word follows. */
  let pending: (Blank | Continuation)[] = []
  const flush = (): void => {
    for (const node of pending) children.push(node)
    pending = []
  }

  const joins = gapSpans(gaps)
  let nextJoin = 0
  /** Continuations up to joined offset `at`, between tokens. */
  const continuationsAt = (at: number): void => {
    for (let join = joins[nextJoin]; join && join.gap.at <= at; join = joins[++nextJoin]) {
      pending.push({ type: 'continuation', value: join.gap.value, span: join.span })
    }
  }
  /** Continuations inside a token belong to the token. */
  const skipInside = (tokenEnd: number): void => {
    while (joins[nextJoin] && joins[nextJoin]!.gap.at < tokenEnd) nextJoin++
  }

  for (const token of tokens) {
    const from = token.start
    const to = token.end
    if (token.kind === 'blank') {
      addBlanks(from, to)
      continue
    }
    continuationsAt(from)
    const { kind } = token
    const span = map.span(from, to)
    const breaks = breaksOf(map, from, to)
    skipInside(to)
    const value = visible.slice(from, to)
    if (kind === 'word') {
      const content = parseWord(visible, from, to, map.span)
      if (command) command.children.push(...pending.splice(0))
      else {
        flush()
        command = { type: 'command', children: [], span }
        children.push(command)
      }
      command.children.push({ type: 'word', children: content, span, ...breaks })
      command.span = [command.span![0], span[1]]
      continue
    }
    flush()
    command = undefined
    if (kind === 'label') {
      const name = parseText(visible, from + 1, to, map.span)
      children.push({ type: 'label', children: to > from + 1 ? name : [], span, ...breaks })
    } else if (kind === 'comment') {
      children.push({ type: 'comment', value: value.slice(1), span, ...breaks })
    } else {
      children.push({ type: 'operator', value: value as Operator['value'], span, ...breaks })
    }
  }

  if (visible.length < text.length) {
    const nul = visible.length
    continuationsAt(nul)
    flush()
    const breaks = breaksOf(map, nul, text.length)
    skipInside(text.length)
    children.push({ type: 'ignored', value: text.slice(nul), span: map.span(nul, text.length), ...breaks })
  }
  continuationsAt(text.length)
  flush()
  const length = end - start
  children.push({ type: 'lineEnding', value: ending, span: [length - ending.length, length] })
  return children

  function addBlanks(from: number, to: number): void {
    let at = from
    continuationsAt(at)
    while (joins[nextJoin] && joins[nextJoin]!.gap.at < to) {
      const cut = joins[nextJoin]!.gap.at
      pending.push({ type: 'blank', value: visible.slice(at, cut), span: map.span(at, cut) })
      at = cut
      continuationsAt(at)
    }
    pending.push({ type: 'blank', value: visible.slice(at, to), span: map.span(at, to) })
  }
}

const none = {}

function breaksOf(map: OffsetMap, start: number, end: number): { breaks?: Break[] } {
  const inside = map.inside(start, end)
  if (inside.length === 0) return none
  return {
    breaks: inside.map(({ gap, span }) => ({
      type: 'continuation',
      at: gap.at - start,
      value: gap.value,
      span,
    })),
  }
}
