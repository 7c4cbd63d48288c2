/** `${` that is never closed in its own word, hence literal text. */
import type { Span, Word } from '../ast/nodes.js'

/** The span of the last `${` of a word that stayed open; `undefined` when all are closed. */
export function openReference(word: Word): Span | undefined {
  // inside a reference every `${` has its `}`: an open one is in the text of the word itself
  for (let index = word.children.length - 1; index >= 0; index--) {
    const child = word.children[index]!
    if (child.type !== 'text') continue
    const at = child.value.lastIndexOf('${')
    if (at < 0) continue
    if (!child.span) return word.span
    if (child.span[1] - child.span[0] !== child.value.length) return child.span
    return [child.span[0] + at, child.span[0] + at + 2]
  }
  return undefined
}

/** Whether a word has a `}` in its text that closes nothing there. */
export function hasLoneClose(word: Word): boolean {
  return word.children.some((child) => child.type === 'text' && child.value.includes('}'))
}
