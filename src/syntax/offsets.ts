import type { Span } from '../ast/nodes.js'
import type { Gap } from './lines.js'

/** Maps offsets in the joined text of a logical line to byte offsets in its source. */
export interface OffsetMap {
  /** The source range of the joined range `[start, end)`; a gap at either end is left outside. */
  span: (start: number, end: number) => Span
  /** The gaps strictly inside the joined range. */
  inside: (start: number, end: number) => { gap: Gap; span: Span }[]
}

const identity: OffsetMap = { span: (start, end) => [start, end], inside: () => [] }

export function offsetMap(gaps: readonly Gap[]): OffsetMap {
  if (gaps.length === 0) return identity

  // removed[i]: bytes in gaps 0 … i-1
  const removed = [0]
  for (const gap of gaps) removed.push(removed[removed.length - 1]! + gap.value.length)
  /** How many gaps stand before joined offset `at`; with `orAt`, also those at it. */
  const gapsBefore = (at: number, orAt: boolean): number => {
    let low = 0
    let high = gaps.length
    while (low < high) {
      const middle = (low + high) >> 1
      const gapAt = gaps[middle]!.at
      if (gapAt < at || (orAt && gapAt === at)) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    span(start, end) {
      const from = start + removed[gapsBefore(start, true)]!
      return [from, start === end ? from : end + removed[gapsBefore(end, false)]!]
    },
    inside(start, end) {
      const found: { gap: Gap; span: Span }[] = []
      for (let index = gapsBefore(start, true); index < gaps.length; index++) {
        const gap = gaps[index]!
        if (gap.at >= end) break
        const from = gap.at + removed[index]!
        found.push({ gap, span: [from, from + gap.value.length] })
      }
      return found
    },
  }
}

/** The source spans of all gaps at joined offsets `[from, to]`, in order, for continuations between tokens. */
export function gapSpans(gaps: readonly Gap[]): { gap: Gap; span: Span }[] {
  let removed = 0
  return gaps.map((gap) => {
    const from = gap.at + removed
    removed += gap.value.length
    return { gap, span: [from, from + gap.value.length] }
  })
}
