import type { Point } from 'unist'
import { walk } from '../ast/walk.js'
import type { IpxeNode, InvalidLine, Line, Script, Span } from '../ast/nodes.js'

/**
 * Gives every node below the lines an absolute `position` from its `span`.
 * @param source the script as a byte string
 */
export function addPositions(script: Script, source: string): void {
  for (const line of script.children) {
    const start = line.position!.start
    const lineStarts = physicalLineStarts(source, line)
    const place = (node: IpxeNode): undefined => {
      if (node !== line && 'span' in node) {
        node.position = {
          start: pointAt(start, lineStarts, node.span[0]),
          end: pointAt(start, lineStarts, node.span[1]),
        }
      }
      if ('breaks' in node) node.breaks.forEach(place)
    }
    walk(line, place)
  }
}

function physicalLineStarts(source: string, line: Line | InvalidLine): number[] {
  const start = line.position!.start.offset!
  const end = line.position!.end.offset!
  const starts = [0]
  for (let at = source.indexOf('\n', start); at >= 0 && at < end; at = source.indexOf('\n', at + 1)) {
    starts.push(at + 1 - start)
  }
  return starts
}

/**
 * The point at `offset` bytes after `lineStart`.
 * @param starts offsets of the physical lines of the logical line, 0 first
 */
export function pointAt(lineStart: Point, starts: readonly number[], offset: number): Point {
  let low = 0
  for (let high = starts.length; high - low > 1;) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle
  }
  return {
    line: lineStart.line + low,
    column: offset - starts[low]! + 1,
    offset: lineStart.offset! + offset,
  }
}

/** The absolute byte range of something on a line, from its span. */
export function absoluteSpan(line: Line | InvalidLine, span: Span): [start: number, end: number] {
  const base = line.position?.start.offset ?? 0
  return [base + span[0], base + span[1]]
}
