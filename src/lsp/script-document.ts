/** A script that an editor has open: its tree, and places in bytes as places in UTF-16, which editors count. */
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { Position, Range } from 'vscode-languageserver'
import { analyse, type Analysis, type KnownCommands } from '../analysis/analyse.js'
import type { InvalidLine, Line, Script, Span } from '../ast/nodes.js'
import { encodeText } from '../syntax/bytes.js'
import { IncrementalParser } from '../syntax/incremental.js'

export class ScriptDocument {
  readonly known: KnownCommands = new WeakMap()
  readonly #parser = new IncrementalParser()
  #document: TextDocument
  #source = ''
  #script: Script
  #analysis: Analysis | undefined
  /** UTF-16 offset of each byte; undefined: they are the same. */
  #offsets: Uint32Array | undefined

  constructor(document: TextDocument) {
    this.#document = document
    this.#script = this.#parse()
  }

  /** The editor has changed the text. @returns false: it is what it was */
  update(document: TextDocument): boolean {
    const before = this.#source
    this.#document = document
    this.#script = this.#parse()
    return this.#source !== before
  }

  #parse(): Script {
    const text = this.#document.getText()
    // most scripts are ASCII, which is its own byte string
    // eslint-disable-next-line no-control-regex
    this.#source = /^[\x00-\x7f]*$/.test(text) ? text : encodeText(text)
    this.#offsets = this.#source.length === text.length ? undefined : offsetsOf(text)
    this.#analysis = undefined
    return this.#parser.parse(this.#source)
  }

  get uri(): string {
    return this.#document.uri
  }

  /** The byte string. */
  get source(): string {
    return this.#source
  }

  get script(): Script {
    return this.#script
  }

  get analysis(): Analysis {
    return (this.#analysis ??= analyse(this.#script, this.known))
  }

  /** The line that holds a byte. */
  lineAt(offset: number): Line | InvalidLine | undefined {
    const { children } = this.#script
    let low = 0
    for (let high = children.length; high - low > 1;) {
      const middle = (low + high) >> 1
      if (children[middle]!.position!.start.offset! <= offset) low = middle
      else high = middle
    }
    return children[low]
  }

  /** A span of a line as a range of the document. */
  rangeOf(line: Line | InvalidLine, span: Span): Range {
    const base = line.position!.start.offset!
    return this.range(base + span[0], base + span[1])
  }

  /** Offsets in bytes. */
  range(start: number, end: number): Range {
    return { start: this.position(start), end: this.position(end) }
  }

  position(offset: number): Position {
    return this.#document.positionAt(this.#offsets?.[Math.min(offset, this.#offsets.length - 1)] ?? offset)
  }

  /** In bytes. */
  offset(position: Position): number {
    const wanted = this.#document.offsetAt(position)
    if (!this.#offsets) return wanted
    let low = 0
    for (let high = this.#offsets.length; high - low > 1;) {
      const middle = (low + high) >> 1
      if (this.#offsets[middle]! <= wanted) low = middle
      else high = middle
    }
    while (low > 0 && this.#offsets[low - 1] === this.#offsets[low]) low--
    return low
  }
}

/** One more than there are bytes: the end. Bytes of one character share its offset. */
function offsetsOf(text: string): Uint32Array {
  const offsets: number[] = []
  for (let index = 0; index < text.length; index++) {
    const code = text.codePointAt(index)!
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    for (let byte = 0; byte < bytes; byte++) offsets.push(index)
    if (code > 0xffff) index++
  }
  offsets.push(text.length)
  return Uint32Array.from(offsets)
}
