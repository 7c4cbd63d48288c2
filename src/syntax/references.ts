/**
 * Finds `${…}` in one word. iPXE (`core/settings.c` `expand_settings`) replaces the innermost, leftmost pair, then
 * scans again from the start; for text that is not itself the result of an expansion that is exactly bracket
 * matching with a stack, in which an unclosed `${` and a `}` without a partner stay literal. Linear and iterative:
 * a grammar that backtracks over `${` is exponential.
 */
import type { Reference, ReferencePart, Span, Text, Variable, WordContent } from '../ast/nodes.js'
import { parse as parseSetting } from './generated/settings.js'

/** A stretch of the joined line: text, or one reference. */
interface Piece {
  start: number
  end: number
  reference?: Reference
}

interface Frame {
  /** Offset of the `${`. */
  start: number
  pieces: Piece[]
  /** Where the text after the last piece starts. */
  textStart: number
}

type ToSpan = (start: number, end: number) => Span

const DOLLAR = 36
const OPEN = 123
const CLOSE = 125
/** Stands for one nested reference while the inside is parsed; never occurs in a byte string. */
const placeholder = '\ue000'

type SettingRanges = ReturnType<typeof parseSetting>

/** Insides of references that were parsed: scripts have the same ones, and starting the generated parser is dear. */
const insides = new Map<string, SettingRanges>()
const maxInsides = 4096
/** No setting has a name of that length. */
const maxInside = 100

function parseInside(inside: string): SettingRanges {
  if (inside.length > maxInside) return parseSetting(inside)
  let ranges = insides.get(inside)
  if (!ranges) {
    if (insides.size >= maxInsides) insides.clear()
    insides.set(inside, (ranges = parseSetting(inside)))
  }
  return ranges
}

/** The content of one word of a joined line; `span` maps a range of the line to source bytes. */
export function parseWord(line: string, start: number, end: number, span: ToSpan): WordContent[] {
  const stack: Frame[] = [{ start, pieces: [], textStart: start }]
  for (let index = start; index < end; index++) {
    const code = line.charCodeAt(index)
    if (code === DOLLAR && index + 1 < end && line.charCodeAt(index + 1) === OPEN) {
      stack.push({ start: index, pieces: [], textStart: index + 2 })
      index++
    } else if (code === CLOSE && stack.length > 1) {
      const frame = stack.pop()!
      endText(frame, index)
      const outer = stack[stack.length - 1]!
      endText(outer, frame.start)
      const reference = buildReference(line, frame, index + 1, span)
      outer.pieces.push({ start: frame.start, end: index + 1, reference })
      outer.textStart = index + 1
    }
  }

  // what is still open was literal text after all
  const pieces: Piece[] = []
  stack.forEach((frame, depth) => {
    endText(frame, stack[depth + 1]?.start ?? end)
    if (depth > 0) pieces.push({ start: frame.start, end: frame.start + 2 })
    for (const piece of frame.pieces) pieces.push(piece)
  })
  return buildContent(line, pieces, span)
}

function endText(frame: Frame, end: number): void {
  if (end > frame.textStart) frame.pieces.push({ start: frame.textStart, end })
}

function buildReference(line: string, frame: Frame, end: number, span: ToSpan): Reference {
  const inside = frame.pieces
    .map((piece) => (piece.reference ? placeholder : line.slice(piece.start, piece.end)))
    .join('')
  const { scope, name, type } = parseInside(inside)
  const part = <Type extends ReferencePart['type']>(kind: Type, [from, to]: [number, number]) => ({
    type: kind,
    children: buildContent(line, slicePieces(frame.pieces, from, to), span),
    span: span(lineOffset(frame, from), lineOffset(frame, to)),
  })
  const children: ReferencePart[] = [part('settingName', name)]
  if (scope) children.unshift(part('settingScope', scope))
  if (type) children.push(part('settingType', type))
  return { type: 'reference', children, span: span(frame.start, end) }
}

/** The pieces between two offsets of the inside, in which a reference counts as one character. */
function slicePieces(pieces: readonly Piece[], from: number, to: number): Piece[] {
  const slice: Piece[] = []
  let position = 0
  for (const piece of pieces) {
    const length = piece.reference ? 1 : piece.end - piece.start
    const low = Math.max(from, position)
    const high = Math.min(to, position + length)
    if (low < high) {
      const start = piece.start + low - position
      slice.push(piece.reference ? piece : { start, end: start + high - low })
    }
    position += length
  }
  return slice
}

/** An offset of the inside as an offset of the joined line. */
function lineOffset(frame: Frame, offset: number): number {
  let position = 0
  let end = frame.start + 2
  for (const piece of frame.pieces) {
    if (offset <= position) return piece.start
    const length = piece.reference ? 1 : piece.end - piece.start
    if (!piece.reference && offset < position + length) return piece.start + offset - position
    position += length
    end = piece.end
  }
  return end
}

function buildContent(line: string, pieces: readonly Piece[], span: ToSpan): WordContent[] {
  const content: WordContent[] = []
  for (let index = 0; index < pieces.length; index++) {
    const { start, end: pieceEnd, reference } = pieces[index]!
    if (reference) {
      content.push(reference)
      continue
    }
    // join texts that touch: a `${` that stayed open, then its text
    let end = pieceEnd
    for (
      let next = pieces[index + 1];
      next && !next.reference && next.start === end;
      next = pieces[index + 1]
    ) {
      end = next.end
      index++
    }
    for (const node of parseText(line, start, end, span)) content.push(node)
  }
  return content
}

const variablePattern = /\$<([A-Za-z_][A-Za-z0-9_.-]*)>/g

/** Text with the build-time variables in it. */
export function parseText(line: string, start: number, end: number, span: ToSpan): (Text | Variable)[] {
  const value = line.slice(start, end)
  if (!value.includes('$<')) return [{ type: 'text', value, span: span(start, end) }]
  const nodes: (Text | Variable)[] = []
  let from = 0
  const addText = (to: number): void => {
    if (to > from) {
      nodes.push({ type: 'text', value: value.slice(from, to), span: span(start + from, start + to) })
    }
  }
  for (const match of value.matchAll(variablePattern)) {
    addText(match.index)
    from = match.index + match[0].length
    nodes.push({ type: 'variable', name: match[1]!, span: span(start + match.index, start + from) })
  }
  addText(value.length)
  return nodes
}
