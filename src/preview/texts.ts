/** Texts of a screen: with their settings marked, and cut where iPXE cuts them (`hci/tui/menu_ui.c`). */
import type { Word } from '../ast/nodes.js'
import { decodeText } from '../syntax/bytes.js'
import { printJoined } from '../syntax/stringify.js'
import type { KnownSettings } from './settings.js'

export const screenColumns = 80
export const screenRows = 25
/** Items that fit on a screen: rows 4 to 23. */
export const itemRows = 20
/** An item has a blank column, the selection bar of 78 columns, and two columns of padding at both ends of the bar. */
export const itemColumns = 74
export const titleColumns = 78

/** A stretch of text; `setting` for `${name}`, whose value only the machine knows, and for `$<name>`. */
export interface TextRun {
  text: string
  setting: boolean
}

/** Words as iPXE joins them: one blank between two. The texts of the runs are byte strings. */
export function runsOfWords(words: readonly Word[]): TextRun[] {
  const runs: TextRun[] = []
  words.forEach((word, index) => {
    if (index > 0) add(runs, ' ', false)
    for (const part of word.children)
      add(runs, part.type === 'text' ? part.value : printJoined(part), part.type !== 'text')
  })
  return runs
}

/** A text in which settings that are not known still stand as `${name}`. */
export function runsOfText(text: string): TextRun[] {
  const runs: TextRun[] = []
  let from = 0
  for (const match of text.matchAll(/\$\{[^{}\s]*\}|\$<[^<>\s]*>/g)) {
    add(runs, text.slice(from, match.index), false)
    add(runs, match[0], true)
    from = match.index + match[0].length
  }
  add(runs, text.slice(from), false)
  return runs
}

function add(runs: TextRun[], text: string, setting: boolean): void {
  const last = runs.at(-1)
  if (text === '') return
  if (last?.setting === setting && !setting) last.text += text
  else runs.push({ text, setting })
}

/** Readable text of runs that are byte strings, in its entirety or the first `bytes` of it. */
export function readableRuns(runs: readonly TextRun[], bytes = Infinity): TextRun[] {
  const result: TextRun[] = []
  let left = bytes
  for (const { text, setting } of runs) {
    if (left <= 0) break
    const part = text.length <= left ? text : wholeCharacters(text, left)
    left -= text.length
    if (part !== '') result.push({ text: decodeText(part), setting })
  }
  return result
}

/** The first bytes of a byte string, without the beginning of a UTF-8 character that does not end in them. */
function wholeCharacters(text: string, bytes: number): string {
  let end = bytes
  while (end > 0 && bytes - end < 3 && /[\x80-\xbf]/.test(text[end] ?? '')) end--
  return text.slice(0, end)
}

export function plainText(runs: readonly TextRun[]): string {
  return runs.map(({ text }) => text).join('')
}

/** How many bytes a text has at least, and whether that is all: with known settings in place, the others empty. */
export function knownLength(
  words: readonly Word[],
  settings: KnownSettings,
): { length: number; exact: boolean } {
  const text = words.map((word) => settings.expand(word)).join(' ')
  const known = text.replace(/\$\{[^{}]*\}|\$<[^<>]*>/g, '')
  return { length: known.length, exact: known === text }
}
