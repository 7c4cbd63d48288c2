/** Where the nodes of a line lie in the file that the line came from. */
import type { InvalidLine, IpxeNode, Line, Span } from '../ast/nodes.js'
import type { Place } from '../diagnostics/diagnostic.js'
import { pointAt } from '../syntax/positions.js'

/**
 * The place of a span of a line; without a span, the line from its first to its last token. Undefined when the line was
 * built rather than parsed.
 */
export function placeOf(line: Line | InvalidLine, span: Span = tokensSpan(line)): Place | undefined {
  const start = line.position?.start
  if (start?.offset === undefined) return undefined
  // a line that was made from something else points to that as a whole
  if (line.position!.end.offset === start.offset) return { start, end: start }
  const starts = physicalLineStarts(line)
  return { start: pointAt(start, starts, span[0]), end: pointAt(start, starts, span[1]) }
}

/** From the first token to the last, without indentation and line ending. */
function tokensSpan(line: Line | InvalidLine): Span {
  if (line.type === 'invalid') return [0, line.value.length]
  let first: number | undefined
  let last = 0
  for (const child of line.children) {
    if (child.type === 'blank' || child.type === 'continuation' || child.type === 'lineEnding' || !child.span)
      continue
    first ??= child.span[0]
    last = child.span[1]
  }
  return [first ?? 0, last]
}

const startsOf = new WeakMap<Line | InvalidLine, number[]>()

/** Offsets of the physical lines of a logical line: each continuation ends one. */
function physicalLineStarts(line: Line | InvalidLine): number[] {
  let starts = startsOf.get(line)
  if (starts) return starts
  starts = [0]
  startsOf.set(line, starts)
  if (line.type === 'invalid') {
    for (let lf = line.value.indexOf('\n'); lf >= 0; lf = line.value.indexOf('\n', lf + 1))
      starts.push(lf + 1)
    return starts
  }
  const tokens: readonly IpxeNode[] = line.children
  for (const token of tokens) {
    addBreaks(token, starts)
    if (token.type === 'command') for (const child of token.children) addBreaks(child, starts)
  }
  return starts
}

function addBreaks(node: IpxeNode, starts: number[]): void {
  const endsLine = node.type === 'continuation' || (node.type === 'lineEnding' && node.value.endsWith('\n'))
  if (endsLine && node.span) starts.push(node.span[1])
  if ('breaks' in node) for (const { span } of node.breaks ?? []) if (span) starts.push(span[1])
}
