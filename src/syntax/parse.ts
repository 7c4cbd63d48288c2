import type { Plugin } from 'unified'
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
import { type LogicalLine, splitLines } from './lines.js'
import { gapSpans, offsetMap, type OffsetMap } from './offsets.js'
import { addPositions } from './positions.js'
import { parseText, wordParser, type WordParser } from './references.js'

export interface ParseOptions {
  /**
   * Give every node an absolute unist `position` (1-based line and column, columns in bytes). Without it only
   * `line` and `invalid` nodes have one and the others just their `span`. Default true.
   */
  positions?: boolean
}

/**
 * Parses one script. Every input is a script; nothing throws. `stringify(parse(bytes))` equals `bytes`.
 *
 * @param input bytes, or a string that is taken as UTF-8
 */
export function parse(input: Uint8Array | string, options: ParseOptions = {}): Script {
  const source = bytesToText(toBytes(input))
  const children: ScriptContent[] = []
  let lineNumber = 1
  const logicalLines = [...splitLines(source)]
  const lines = parseLines(logicalLines.filter((logical) => !logical.unfinished))
  for (const [index, logical] of logicalLines.entries()) {
    const node: ScriptContent = logical.unfinished
      ? {
          type: 'invalid',
          value: source.slice(logical.start, logical.end),
          reason: 'unfinished-continuation',
        }
      : lines[index]!
    const physicalLines = countLf(source, logical.start, logical.end)
    const open = source.charCodeAt(logical.end - 1) !== 10
    const lastLf = open ? source.lastIndexOf('\n', logical.end - 1) : logical.end - 1
    node.position = {
      start: { line: lineNumber, column: 1, offset: logical.start },
      end: {
        line: lineNumber + physicalLines,
        column: logical.end - Math.max(lastLf + 1, logical.start) + 1,
        offset: logical.end,
      },
    }
    lineNumber += physicalLines
    children.push(node)
  }
  const last = children[children.length - 1]?.position?.end
  const script: Script = {
    type: 'script',
    children,
    position: {
      start: { line: 1, column: 1, offset: 0 },
      end: last ?? { line: 1, column: 1, offset: 0 },
    },
  }
  if (options.positions !== false) addPositions(script, source)
  return script
}

/** unified plugin: parses `file.value` as bytes, ignoring the UTF-8 decoded text that unified hands over. */
export const ipxeParse: Plugin<[ParseOptions?], string, Script> = function (options) {
  this.parser = (document: string, file: VFile) =>
    parse(file.value instanceof Uint8Array ? file.value : document, options)
}

function countLf(source: string, start: number, end: number): number {
  let count = 0
  for (let at = source.indexOf('\n', start); at >= 0 && at < end; at = source.indexOf('\n', at + 1)) count++
  return count
}

/** Finished logical lines as nodes with spans and without a position. */
export function parseLines(logicalLines: readonly LogicalLine[]): Line[] {
  const visible = logicalLines.map(({ text }) => {
    const nul = text.indexOf('\0')
    return nul < 0 ? text : text.slice(0, nul)
  })
  const tokens = parseTokens(visible.map((text) => `${text}\n`).join(''))
  const parseWord = wordParser()
  let base = 0
  return logicalLines.map((logical, index) => {
    const line = buildLine(logical, visible[index]!, tokens[index]!, base, parseWord)
    base += visible[index]!.length + 1
    return line
  })
}

type Tokens = ReturnType<typeof parseTokens>[number]

/** @param base offset of this line in the text that was tokenised */
function buildLine(
  { text, gaps, ending, start, end }: LogicalLine,
  visible: string,
  tokens: Tokens,
  base: number,
  parseWord: WordParser,
): Line {
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
    const from = token.start - base
    const to = token.end - base
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
  return { type: 'line', children }

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
