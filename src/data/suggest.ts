/**
 * The candidate that was probably meant by a mistyped word, or undefined when none is near enough.
 * Near: at most one slip (a letter more, less, other, or two swapped) in words up to five letters, two up to eight,
 * three beyond; difference of case alone is always near. The earlier candidate wins a tie, unless another one
 * shares a longer beginning with the word.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  const limit = word.length < 2 ? 0 : word.length <= 5 ? 1 : word.length <= 8 ? 2 : 3
  let best: { candidate: string; distance: number; prefix: number } | undefined
  for (const candidate of candidates) {
    if (candidate === word) return undefined
    if (Math.abs(candidate.length - word.length) > limit) continue
    const other = candidate.toLowerCase()
    const distance = editDistance(wanted, other)
    // Words without a letter in common at their place ("ip" for "do") are no help.
    if (distance > limit || distance >= candidate.length) continue
    const prefix = commonPrefix(wanted, other)
    if (best && (distance > best.distance || (distance === best.distance && prefix <= best.prefix))) continue
    best = { candidate, distance, prefix }
  }
  return best?.candidate
}

/** Damerau-Levenshtein distance in its optimal string alignment form: no substring is edited twice. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, beforePrevious[j - 2]! + 1)
      }
      row.push(least)
    }
    beforePrevious = previous
    previous = row
  }
  return previous[b.length]!
}

function commonPrefix(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}
