/** Diagnostics for people: place, message, the line with what is meant underlined, what to do. */
import type { Diagnostic } from '../diagnostic.js'
import { type SourceLine, Sources } from '../source-text.js'
import { visible } from '../visible.js'

export interface PrettyOptions {
  /** ANSI colours. Default false. */
  color?: boolean
  /** Columns of the terminal; longer source lines are cut around the place. Default 100. */
  width?: number
  /** More diagnostics than this are only counted. Default 1000. */
  limit?: number
}

/**
 * @param diagnostics sorted; those of one file stand together
 * @param sources bytes of the files by `Diagnostic.file`; without them there is only the message
 * @returns lines that end in LF; nothing in them can steer a terminal but our own colours
 */
export function prettyReport(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
  { color = false, width = 100, limit = 1000 }: PrettyOptions = {},
): string {
  const texts = new Sources(sources)
  const paint = color ? colored : plain
  const blocks = diagnostics.slice(0, limit).map((diagnostic) => block(diagnostic, texts, paint, width))
  const left = diagnostics.length - blocks.length
  if (left > 0) blocks.push(`… and ${left} more\n`)
  return blocks.join('\n')
}

type Style = 'error' | 'warning' | 'info' | 'bold' | 'dim'
type Paint = (style: Style, text: string) => string

const codes: Record<Style, string> = { error: '1;31', warning: '1;33', info: '1;36', bold: '1', dim: '2' }
const colored: Paint = (style, text) => `\x1b[${codes[style]}m${text}\x1b[0m`
const plain: Paint = (_style, text) => text

function block(diagnostic: Diagnostic, texts: Sources, paint: Paint, width: number): string {
  const { file, place, severity, ruleId, reason, expected, note } = diagnostic
  const text = texts.get(file)
  const start = place && { line: place.start.line, column: text?.column(place.start) ?? place.start.column }
  const where = `${visible(file)}${start ? `:${start.line}:${start.column}` : ''}`
  const lines = [
    `${paint('bold', where)} ${paint(severity, severity)} ${paint('dim', ruleId)}`,
    `  ${visible(reason)}`,
  ]
  const margin = ' '.repeat(start ? String(start.line).length : 1)
  const source = place && text?.line(place.start.line)
  if (place && source) {
    const isOneLine = place.end.line === place.start.line
    const from = source.indexOf(place.start.column - 1)
    const to = isOneLine ? source.indexOf(place.end.column - 1) : source.characters.length
    const { shown, underline } = excerpt(source, from, to, Math.max(30, width - margin.length - 6))
    lines.push(`  ${paint('dim', `${place.start.line} |`)} ${shown}`)
    lines.push(`  ${margin} ${paint('dim', '|')} ${underline[0]}${paint(severity, underline[1])}`)
  }
  const more = (label: string, value: string): string =>
    `  ${margin} ${paint('dim', '=')} ${paint('bold', label)} ${value}`
  if (expected && expected.length > 0) lines.push(more('expected:', list(expected)))
  if (note !== undefined) lines.push(more('help:', visible(note)))
  return `${lines.join('\n')}\n`
}

const maxListed = 8

function list(expected: readonly string[]): string {
  const shown = expected.slice(0, maxListed).map(visible)
  const left = expected.length - shown.length
  const last = left > 0 ? `${left} more` : shown.pop()!
  return shown.length === 0 ? last : `${shown.join(', ')} or ${last}`
}

interface Excerpt {
  shown: string
  /** Blanks, then the underline. */
  underline: [before: string, marks: string]
}

/** The part of a line around `[from, to)` that fits into `room` cells. */
function excerpt({ characters }: SourceLine, from: number, to: number, room: number): Excerpt {
  // a line that is too long is cut: a third of the room before the place, the rest after it
  const isLong = cells(characters, 0, Math.min(characters.length, room + 1)) > room
  const start = isLong ? stepBack(characters, from, Math.floor(room / 3)) : 0
  let shown = start > 0 ? '…' : ''
  let used = start > 0 ? 1 : 0
  let before = used
  let marked = 0
  for (let index = start; index < characters.length; index++) {
    const text = cell(characters[index]!)
    const width = cellWidth(text)
    const isLast = index + 1 === characters.length
    if (used + width > room - (isLast ? 0 : 1)) {
      shown += '…'
      break
    }
    if (index < from) before += width
    else if (index < to) marked += width
    shown += text
    used += width
  }
  return { shown, underline: [' '.repeat(before), `^${'~'.repeat(Math.max(0, marked - 1))}`] }
}

function stepBack(characters: SourceLine['characters'], from: number, room: number): number {
  let start = Math.min(from, characters.length)
  for (let used = 0; start > 0; start--) {
    used += cellWidth(cell(characters[start - 1]!))
    if (used >= room) break
  }
  return start
}

function cells(characters: SourceLine['characters'], from: number, to: number): number {
  let width = 0
  for (let index = from; index < to; index++) width += cellWidth(cell(characters[index]!))
  return width
}

/** A character as it is shown; a TAB is an arrow. */
function cell(character: string): string {
  return character === '\t' ? '→' : visible(character)
}

const combining = /^\p{Mark}$/u
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u

function cellWidth(text: string): number {
  if (text <= '~') return text.length
  return combining.test(text) ? 0 : wide.test(text) ? 2 : 1
}
