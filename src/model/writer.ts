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

  comment(text: string): void {
    this.line(text === '' ? '#' : `# ${text}`)
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
