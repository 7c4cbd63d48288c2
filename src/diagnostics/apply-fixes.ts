/** Applies repairs to the bytes of one file. */
import type { Edit, Fix } from './diagnostic.js'

export interface Applied {
  bytes: Uint8Array
  /** How many of the fixes. */
  count: number
}

/**
 * All fixes that do not touch what an earlier one (by where it begins) changes; the others want another pass. A fix is
 * applied whole or not at all.
 */
export function applyFixes(bytes: Uint8Array, fixes: readonly Fix[]): Applied {
  const startOf = (fix: Fix): number => Math.min(...fix.edits.map(({ start }) => start))
  const inOrder = fixes.filter(({ edits }) => edits.length > 0).sort((a, b) => startOf(a) - startOf(b))
  const taken: Edit[] = []
  let count = 0
  for (const { edits } of inOrder) {
    const isFree = edits.every(
      (edit) =>
        edit.start <= edit.end && edit.end <= bytes.length && !taken.some((other) => touch(edit, other)),
    )
    if (!isFree || edits.some((edit, index) => edits.some((other, at) => at < index && touch(edit, other))))
      continue
    taken.push(...edits)
    count++
  }
  return { bytes: replaced(bytes, taken), count }
}

/** Two insertions at one place touch, too: which of them comes first would be chance. */
function touch(a: Edit, b: Edit): boolean {
  return a.start === b.start || (a.start < b.end && b.start < a.end)
}

function replaced(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(
      bytes.subarray(at, start),
      Uint8Array.from(text, (char) => char.charCodeAt(0)),
    )
    at = end
  }
  parts.push(bytes.subarray(at))
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    result.set(part, offset)
    offset += part.length
  }
  return result
}
