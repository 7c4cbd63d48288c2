/**
 * Splits a script into logical lines exactly as `image/script.c` `process_script` does: a line ends at LF, one
 * trailing CR of the *joined* text goes, then a trailing backslash joins the next physical line. Linear.
 */

/** Bytes removed at one join: they end in LF. */
export interface Gap {
  /** Offset in {@link LogicalLine.text} where the bytes were. */
  at: number
  value: string
}

export interface LogicalLine {
  /** Byte offsets in the source, ending included. */
  start: number
  end: number
  /** What iPXE works on: joined, without line ending. Not yet cut at NUL. */
  text: string
  /** In order; several may share one `at`. */
  gaps: readonly Gap[]
  /** The bytes after the text: LF, CR LF, CR at the end of the file, or nothing. */
  ending: string
  /** The file ended while the line was being continued: iPXE drops it and fails with EINVAL. */
  unfinished: boolean
}

const noGaps: readonly Gap[] = []
const CR = 13
const BACKSLASH = 92

/** @param source the script as a byte string */
export function splitLines(source: string): LogicalLine[] {
  const lines: LogicalLine[] = []
  forEachLine(source, (line) => lines.push(line))
  return lines
}

/** The same, one after the other. */
export function forEachLine(source: string, visit: (line: LogicalLine) => void): void {
  let start = 0
  // do … while in iPXE: an empty script is one empty line; here it has no lines, which prints the same
  while (start < source.length) {
    const line = readLine(source, start)
    visit(line)
    start = line.end
  }
}

function readLine(source: string, start: number): LogicalLine {
  const lf = source.indexOf('\n', start)
  const stop = lf < 0 ? source.length : lf
  const end = lf < 0 ? source.length : lf + 1
  let keep = stop
  if (keep > start && source.charCodeAt(keep - 1) === CR) keep--
  if (keep > start && source.charCodeAt(keep - 1) === BACKSLASH) return readContinuedLine(source, start)
  return {
    start,
    end,
    text: source.slice(start, keep),
    gaps: noGaps,
    ending: source.slice(keep, end),
    unfinished: false,
  }
}

/** The text so far is a stack of source ranges, because stripping may reach back past an earlier join. */
function readContinuedLine(source: string, start: number): LogicalLine {
  const ranges: [start: number, end: number][] = []
  const lastChar = (): number => {
    const range = ranges[ranges.length - 1]
    return range === undefined ? -1 : source.charCodeAt(range[1] - 1)
  }
  const dropLast = (): void => {
    const range = ranges[ranges.length - 1]!
    range[1]--
    if (range[0] === range[1]) ranges.pop()
  }

  let position = start
  for (;;) {
    const lf = source.indexOf('\n', position)
    const stop = lf < 0 ? source.length : lf
    if (stop > position) ranges.push([position, stop])
    position = lf < 0 ? source.length : lf + 1
    if (lastChar() === CR) dropLast()
    const unfinished = lastChar() === BACKSLASH
    if (!unfinished) break
    dropLast()
    if (position >= source.length) {
      return { start, end: position, text: '', gaps: noGaps, ending: '', unfinished: true }
    }
  }

  const parts: string[] = []
  const gaps: Gap[] = []
  let length = 0
  let rawEnd = start
  for (const [from, to] of ranges) {
    for (const value of splitAfterLf(source, rawEnd, from)) gaps.push({ at: length, value })
    parts.push(source.slice(from, to))
    length += to - from
    rawEnd = to
  }
  const rest = splitAfterLf(source, rawEnd, position)
  const ending = rest.pop() ?? ''
  for (const value of rest) gaps.push({ at: length, value })
  return { start, end: position, text: parts.join(''), gaps, ending, unfinished: false }
}

function splitAfterLf(source: string, start: number, end: number): string[] {
  const pieces: string[] = []
  for (let from = start; from < end;) {
    const lf = source.indexOf('\n', from)
    const to = lf < 0 || lf >= end ? end : lf + 1
    pieces.push(source.slice(from, to))
    from = to
  }
  return pieces
}
