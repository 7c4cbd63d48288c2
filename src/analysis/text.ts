/** Words as text with holes where only the machine or the project knows what stands there. */
import type { IpxeNode, Reference, Span, Variable, Word } from '../ast/nodes.js'

/** Stands for one `${…}` or `$<…>`. A byte string never holds it. */
export const hole = '\ue000'

/** The text of a word, label or part of a reference; every reference and variable is one {@link hole}. */
export function textWithHoles(node: { readonly children: readonly IpxeNode[] }): string {
  const [only] = node.children
  if (node.children.length === 1 && only?.type === 'text') return only.value
  let result = ''
  for (const child of node.children) result += child.type === 'text' ? child.value : hole
  return result
}

/** Text with holes as a person reads it: `net…/mac`. */
export function readable(text: string): string {
  return text.replaceAll(hole, '…')
}

/** Whether `text` may be what `pattern`, a text with holes, becomes. Linear in both for each hole. */
export function mayBecome(pattern: string, text: string): boolean {
  const pieces = pattern.split(hole)
  const first = pieces[0]!
  if (pieces.length === 1) return pattern === text
  const last = pieces[pieces.length - 1]!
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false
  let at = first.length
  const end = text.length - last.length
  for (let index = 1; index < pieces.length - 1; index++) {
    const found = text.indexOf(pieces[index]!, at)
    if (found < 0 || found + pieces[index]!.length > end) return false
    at = found + pieces[index]!.length
  }
  return true
}

/** The references and variables of a word, in the order of its holes. */
export function holesOf(word: Word): (Reference | Variable)[] {
  return word.children.filter((child) => child.type !== 'text')
}

/**
 * The source span of `[start, end)` of {@link textWithHoles}. Exact but in a text that a continuation cuts: there it is
 * the whole text.
 */
export function spanInWord(
  node: { readonly children: readonly IpxeNode[]; span?: Span },
  start: number,
  end: number,
): Span {
  let position = 0
  let from: number | undefined
  let to: number | undefined
  for (const child of node.children) {
    const length = child.type === 'text' ? child.value.length : 1
    const span = 'span' in child ? child.span : undefined
    if (!span) return node.span ?? [0, 0]
    const exact = child.type === 'text' && span[1] - span[0] === length
    const after = position + length
    if (from === undefined && start < after) from = exact ? span[0] + start - position : span[0]
    if (from !== undefined && end <= after) {
      to = exact ? span[0] + end - position : end === position ? span[0] : span[1]
      break
    }
    position = after
  }
  const whole = node.span ?? [0, 0]
  return [from ?? whole[1], Math.max(to ?? whole[1], from ?? whole[1])]
}
