/** Where the name of a menu item stands among the words of `item`. */
import { findCommand } from '../data/lookup.js'

/**
 * @param words as written, the command's name first
 * @returns index of the name; undefined when this is no item with a name, or it cannot be known
 */
export function itemName(words: readonly string[]): number | undefined {
  const spec = findCommand('item')?.spec
  if (words[0] !== 'item' || !spec) return undefined
  for (let index = 1; index < words.length; index++) {
    const word = words[index]!
    if (word.startsWith('$')) return undefined
    if (!word.startsWith('-')) return index
    if (word === '--') return index + 1 < words.length ? index + 1 : undefined
    const [name, value] = word.split('=', 2) as [string, string?]
    const option = spec.options.find(({ long, short }) => `--${long}` === name || `-${short}` === name)
    // a gap has no name: all of it is text
    if (!option || option.long === 'gap') return undefined
    if (option.arg !== null && value === undefined) index++
  }
  return undefined
}
