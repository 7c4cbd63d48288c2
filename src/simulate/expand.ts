/** `${…}` in one word (`core/settings.c` expand_settings). */
import type { Settings } from './settings.js'

export class ExpansionLimit extends Error {}

/**
 * The innermost, leftmost pair is replaced and the word is read again from its beginning, until no pair is left: what a
 * setting holds is expanded, too, and one that holds itself never ends.
 *
 * @throws ExpansionLimit after `limit` replacements, or when the word grows beyond a megabyte
 */
export function expandWord(word: string, settings: Settings, limit: number): string {
  let text = word
  for (let count = 0; ; count++) {
    if (!text.includes('${')) return text
    let start = -1
    let end = -1
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === 36 && text.charCodeAt(at + 1) === 123) start = at
      else if (code === 125 && start >= 0) {
        end = at
        break
      }
    }
    if (end < 0) return text
    if (count >= limit || text.length > 1_000_000) throw new ExpansionLimit(word)
    text = text.slice(0, start) + settings.expand(text.slice(start + 2, end)) + text.slice(end + 1)
  }
}
