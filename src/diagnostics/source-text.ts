/** A source file as people count it: lines, and columns in code points rather than bytes. */

const LF = 10
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One line without its LF. */
export interface SourceLine {
  /** Code points of the line: UTF-8 where the line is valid UTF-8, else one for each byte (Latin-1). */
  readonly characters: readonly string[] | string
  /** The code point (0-based) that the byte (0-based) belongs to; past the end: their number. */
  indexOf(byte: number): number
}

export class SourceText {
  readonly #bytes: Uint8Array
  readonly #starts: number[] = [0]
  #last: { number: number; line: SourceLine } | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) this.#starts.push(lf + 1)
  }

  /** @param number 1-based; undefined when there is no such line */
  line(number: number): SourceLine | undefined {
    if (this.#last?.number === number) return this.#last.line
    const start = this.#starts[number - 1]
    if (start === undefined) return undefined
    const next = this.#starts[number]
    let end = next === undefined ? this.#bytes.length : next - 1
    if (end > start && this.#bytes[end - 1] === 13) end--
    const line = decode(this.#bytes.subarray(start, end))
    this.#last = { number, line }
    return line
  }

  /** Line and column (in code points), 1-based, of an offset in bytes. */
  at(offset: number): { line: number; column: number } {
    let low = 0
    for (let high = this.#starts.length; high - low > 1;) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: this.line(low + 1)!.indexOf(offset - this.#starts[low]!) + 1 }
  }

  /** A point of a diagnostic with its column, 1-based, in code points instead of bytes. */
  column({ line, column }: { line: number; column: number }): number {
    const source = this.line(line)
    return source ? source.indexOf(column - 1) + 1 : column
  }
}

function decode(bytes: Uint8Array): SourceLine {
  if (bytes.every((byte) => byte < 0x80)) return oneByteEach(bytes)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return oneByteEach(bytes)
  }
  const characters = Array.from(text)
  const starts = new Uint32Array(characters.length + 1)
  for (const [index, character] of characters.entries()) {
    const code = character.codePointAt(0)!
    starts[index + 1] = starts[index]! + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4)
  }
  return {
    characters,
    indexOf(byte) {
      let low = 0
      for (let high = starts.length; high - low > 1;) {
        const middle = (low + high) >> 1
        if (starts[middle]! <= byte) low = middle
        else high = middle
      }
      return low
    },
  }
}

function oneByteEach(bytes: Uint8Array): SourceLine {
  let text = ''
  for (let start = 0; start < bytes.length; start += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x2000))
  }
  return { characters: text, indexOf: (byte) => Math.min(byte, text.length) }
}

/** The sources of a report; each is split into lines once. */
export class Sources {
  readonly #bytes: ReadonlyMap<string, Uint8Array>
  readonly #texts = new Map<string, SourceText>()

  constructor(bytes: ReadonlyMap<string, Uint8Array>) {
    this.#bytes = bytes
  }

  get(file: string): SourceText | undefined {
    const known = this.#texts.get(file)
    const bytes = known ? undefined : this.#bytes.get(file)
    if (!bytes) return known
    const text = new SourceText(bytes)
    this.#texts.set(file, text)
    return text
  }
}
