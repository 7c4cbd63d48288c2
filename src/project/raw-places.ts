/** Where the lines of a raw entry stand in the file that has the entry: a mistake is shown at its own line. */
import { rawLines } from '../model/entries.js'
import type { Source } from '../model/schema.js'

/**
 * @param entry as the front end read it, before the schema has seen it
 * @param lineAt of the file; 1-based, undefined behind the last one
 * @param pointAt line and column (UTF-16, 1-based) as a place in bytes
 * @returns undefined when the file does not have the lines as they are: folded, escaped or put together
 */
export function rawPlaces(
  entry: object,
  { line: first }: Source,
  lineAt: (line: number) => string | undefined,
  pointAt: (line: number, column: number) => { line: number; column: number; offset?: number | undefined },
): NonNullable<Source['lines']> | undefined {
  const { kind, script } = entry as { kind?: unknown; script?: unknown }
  if (kind !== 'raw' || typeof script !== 'string') return undefined
  const wanted = rawLines(script).map((line) => line.trim())
  const isAt = (start: number): boolean =>
    wanted.every((text, index) => {
      const line = lineAt(start + index)?.trim()
      if (line === undefined || line === text) return line === text
      if (wanted.length === 1 && text !== '' && /\bscript\b.*:/.test(line) && line.includes(text)) return true
      // between the quotes that begin and end it
      const begun = index === 0 ? line.replace(/^[^`]*`/, '') : line
      const ended = index === wanted.length - 1 ? begun.replace(/`[^`]*$/, '') : begun
      return line !== ended && ended === text
    })
  for (let start = first; start < first + 200 && lineAt(start) !== undefined; start++) {
    if (!isAt(start)) continue
    return wanted.map((text, index) => {
      const column = text === '' ? 1 : lineAt(start + index)!.lastIndexOf(text) + 1
      const { offset = 0, ...point } = pointAt(start + index, column)
      return { line: point.line, column: point.column, offset }
    })
  }
  return undefined
}
