/** Writes the lines of a generated script, each with the place in the user's source that it stands for. */
import type { Script } from '../ast/nodes.js'
import { walk } from '../ast/walk.js'
import { encodeText } from '../syntax/bytes.js'
import { parse } from '../syntax/parse.js'
import { textToBytes } from '../syntax/bytes.js'
import type { Source } from './schema.js'

export class ScriptWriter {
  private readonly lines: { text: string; source: Source | undefined }[] = []
  /** The source of the lines that follow. */
  source: Source | undefined

  constructor(source: Source | undefined) {
    this.source = source
  }

  line(text = ''): void {
    this.lines.push({ text, source: this.source })
  }

  /** A label in a comment must not speak to ipxetool, and a variable in it is not replaced: it is shown as a name. */
  comment(text: string): void {
    const shown = text.replace(/\$<([^>]*)>/g, '$1')
    this.line(`# ${/^\s*ipxetool\b/.test(shown) ? `"${shown}"` : shown}`)
  }

  /** The lines of another writer. */
  append({ lines }: ScriptWriter): void {
    this.lines.push(...lines)
  }

  /** Whether a line so far goes to a label. */
  goesTo(label: string): boolean {
    return this.lines.some(({ text }) => text.endsWith(`goto ${label}`))
  }

  /** A blank line and a label. */
  label(name: string): void {
    this.line()
    this.line(`:${name}`)
  }

  /**
   * The script. Its lines point to the user's source: `position` and `origin` are those of what they were made from,
   * and nothing inside them has a span.
   *
   * @throws TypeError when a text broke out of its line: the model was not validated
   */
  finish(): Script {
    const script = parse(textToBytes(encodeText(this.lines.map(({ text }) => `${text}\n`).join(''))), {
      positions: false,
    })
    if (script.children.length !== this.lines.length) {
      throw new TypeError('A generated line holds a line break or ends in a backslash.')
    }
    script.children.forEach((line, index) => {
      walk(line, (node) => {
        if ('span' in node) delete node.span
        return undefined
      })
      const { source } = this.lines[index]!
      if (!source) return
      const point = { line: source.line, column: source.column, offset: source.offset }
      line.position = { start: point, end: point }
      line.origin = { path: source.file }
    })
    return script
  }
}
