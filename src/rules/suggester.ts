import { suggest } from '../data/suggest.js'

/** So many words of one script get a suggestion from one rule; more mistakes than that are not typing slips. */
const maxWords = 200
const maxCandidates = 2000
const maxLength = 100

/** `suggest`, with an end to the work on hostile and generated scripts. */
export function suggester(candidates: Iterable<string>): (word: string) => string | undefined {
  const list: string[] = []
  let count = 0
  for (const candidate of candidates) {
    if (count++ === maxCandidates) break
    if (candidate.length <= maxLength) list.push(candidate)
  }
  const known = new Map<string, string | undefined>()
  return (word) => {
    if (known.has(word)) return known.get(word)
    if (known.size >= maxWords || word.length > maxLength) return undefined
    const found = suggest(word, list)
    known.set(word, found)
    return found
  }
}
