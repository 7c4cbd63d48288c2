/** How the text of a script appears in messages. */
import { hole } from '../analysis/text.js'
import { visible } from '../diagnostics/visible.js'
import { decodeText } from '../syntax/bytes.js'

const maxQuoted = 60

/** A byte string with holes in backquotes: decoded, control characters spelled, shortened. */
export function quote(text: string): string {
  return `\`${plain(text)}\``
}

/** The same without backquotes. */
export function plain(text: string): string {
  // bytes, so the cut cannot leave half a surrogate pair; half a UTF-8 sequence only makes it read as Latin-1
  const start = text.length > maxQuoted ? text.slice(0, maxQuoted) : text
  return visible(start.split(hole).map(decodeText).join('${…}')) + (start === text ? '' : '…')
}

/** `; did you mean X?` */
export function didYouMean(candidate: string | undefined): string {
  return candidate === undefined ? '' : `; did you mean ${quote(candidate)}?`
}

/** `1 word`, `3 words`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
