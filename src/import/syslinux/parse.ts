/**
 * The lines of a SYSLINUX configuration file (`doc/syslinux.txt` and `doc/menu.txt` of SYSLINUX): a keyword in any
 * case, blanks, the rest of the line. There are no quotes and no continuations.
 */
import type { Point } from 'unist'
import { bytesToText, decodeText } from '../../syntax/bytes.js'
import type { At } from '../result.js'

export interface Statement extends At {
  /** In small letters; with the second word for `menu …`, `text help`, and with the third for `menu master passwd`. */
  keyword: string
  /** The rest of the line without blanks around it. */
  value: string
}

/** All statements of one file, in order. Texts between TEXT and ENDTEXT are left out. Never throws. */
export function parseSyslinux(file: string, bytes: Uint8Array): Statement[] {
  const statements: Statement[] = []
  const text = bytesToText(bytes)
  let inText = false
  let line = 0
  for (let start = text.startsWith('\xef\xbb\xbf') ? 3 : 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    line++
    const statement = parseLine(text.slice(start, end))
    if (statement && inText) inText = statement.keyword !== 'endtext'
    else if (statement) {
      inText = statement.keyword.startsWith('text')
      const { from, to, keyword, value } = statement
      const point = (at: number): Point => ({ line, column: at + 1, offset: start + at })
      statements.push({ keyword, value, file, place: { start: point(from), end: point(to) } })
    }
    start = end + 1
  }
  return statements
}

/** SYSLINUX takes everything up to a space as a blank, also a CR. */
const blank = '[\\0-\\x20]'
const word = new RegExp(`^${blank}*([^\\0-\\x20]+)${blank}*`)

function parseLine(line: string): { from: number; to: number; keyword: string; value: string } | undefined {
  const first = word.exec(line)
  if (!first || first[1]!.startsWith('#')) return undefined
  const from = first[0].indexOf(first[1]!)
  let to = line.length
  while (line.charCodeAt(to - 1) <= 0x20) to--
  let keyword = first[1]!.toLowerCase()
  let rest = line.slice(Math.min(first[0].length, to), to)
  const moreWords = keyword === 'menu' ? 1 : keyword === 'text' ? 1 : 0
  for (let count = 0; count < moreWords; count++) {
    const next = word.exec(rest)
    if (!next) break
    keyword += ` ${next[1]!.toLowerCase()}`
    rest = rest.slice(next[0].length)
    if (keyword === 'menu master') count--
  }
  return { from, to, keyword, value: decodeText(rest) }
}

/** Words of a value. */
export function wordsOf(value: string): string[] {
  return value.split(/[\0-\x20]+/).filter((part) => part !== '')
}
