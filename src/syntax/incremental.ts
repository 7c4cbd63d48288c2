/** Parses a script again and again while it is edited: only lines that are new are parsed. */
import type { Line, Script, ScriptContent } from '../ast/nodes.js'
import { splitLines } from './lines.js'
import { parseLines } from './parse.js'

/** Lines by their text. A line that stands twice is two nodes. */
type Known = Map<string, Line[]>

export class IncrementalParser {
  #known: Known = new Map()

  /**
   * The tree that `parse(source, { positions: false })` gives. Lines that were there the last time are the same objects as
   * then, at their new positions: the last tree must not be used any more.
   *
   * @param source a byte string
   */
  parse(source: string): Script {
    const logicalLines = [...splitLines(source)]
    const texts = logicalLines.map(({ start, end }) => source.slice(start, end))
    const next: Known = new Map()
    const taken = new Map<string, number>()
    const fresh: number[] = []
    const lines = logicalLines.map(({ unfinished }, index): Line | undefined => {
      if (unfinished) return undefined
      const text = texts[index]!
      const at = taken.get(text) ?? 0
      taken.set(text, at + 1)
      const before = this.#known.get(text)?.[at]
      if (before) keep(next, text, before)
      else fresh.push(index)
      return before
    })
    const parsed = parseLines(fresh.map((index) => logicalLines[index]!))
    for (const [at, index] of fresh.entries()) {
      lines[index] = parsed[at]!
      keep(next, texts[index]!, parsed[at]!)
    }
    this.#known = next
    return withPlaces(source, logicalLines, lines)
  }
}

function keep(known: Known, text: string, line: Line): void {
  const list = known.get(text)
  if (list) list.push(line)
  else known.set(text, [line])
}

function withPlaces(
  source: string,
  logicalLines: readonly { start: number; end: number }[],
  lines: readonly (Line | undefined)[],
): Script {
  let number = 1
  const children = logicalLines.map(({ start, end }, index): ScriptContent => {
    let physical = 0
    let lastStart = start
    for (let lf = source.indexOf('\n', start); lf >= 0 && lf < end; lf = source.indexOf('\n', lf + 1)) {
      physical++
      // behind the line end that ends the line there is nothing of it
      lastStart = lf + 1 === end ? lastStart : lf + 1
    }
    const isOpen = source.charCodeAt(end - 1) !== 10
    const column = isOpen ? end - lastStart + 1 : 1
    const position = {
      start: { line: number, column: 1, offset: start },
      end: { line: number + physical, column, offset: end },
    }
    number += physical
    const own = lines[index]
    if (own) own.position = position
    return (
      own ?? { type: 'invalid', value: source.slice(start, end), reason: 'unfinished-continuation', position }
    )
  })
  const last = children.at(-1)?.position?.end
  const start = { line: 1, column: 1, offset: 0 }
  return { type: 'script', children, position: { start, end: last ?? start } }
}
